import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { CALLS } from '../../../src/api/calls.ts';
import type { Hub } from '../../../src/channel/hub.ts';
import { ChannelRoutes } from '../../../src/channel/routes.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { Service } from './service.ts';

let service: Service;
before(async () => {
  service = await Service.open();
});
after(async () => await service[Symbol.asyncDispose]());

test('the document has every call, with the ranges that are checked', async () => {
  const { body } = await service.send('/openapi.json', { method: 'GET' });
  assert.equal(body.openapi, '3.1.0');
  assert.equal(body.info.version, '9.8.7');
  for (const { method, path } of CALLS) {
    const template = `/v1/apps/{appid}/cloud_recording${path.replace(/:(\w+)/g, '{$1}')}`;
    const operation = body.paths[template]?.[method];
    assert.ok(operation, template);
    const named = operation.parameters.map(({ name }: { name: string }) => name);
    assert.deepEqual(
      named,
      [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
    );
  }
  const { videoWidth, url } = body.components.schemas.WebRecorderParam.properties;
  assert.deepEqual([videoWidth.type, videoWidth.minimum, videoWidth.maximum], ['integer', 240, 1920]);
  assert.equal(url.type, 'string');
  assert.deepEqual(body.components.schemas.WebRecorderParam.required, [
    'url',
    'videoWidth',
    'videoHeight',
    'maxRecordingHour',
  ]);
});

test('the document has both modes, with what each of them takes and answers', async () => {
  const { body } = await service.send('/openapi.json', { method: 'GET' });
  const { TranscodingConfig, MixRecordingConfig, LayoutRegion, LayoutUpdate, MixQuery } = body.components.schemas;
  const { width, bitrate, mixedVideoLayout } = TranscodingConfig.properties;
  assert.deepEqual([width.maximum, width.default, bitrate.maximum], [1920, 360, 6500]);
  assert.deepEqual(mixedVideoLayout.enum, [0, 1, 2, 3]);
  assert.deepEqual(MixRecordingConfig.properties.decryptionMode.enum, [0, 5, 6, 7, 8]);
  assert.deepEqual(LayoutRegion.required, ['x_axis', 'y_axis', 'width', 'height']);
  assert.ok(LayoutUpdate.properties.layoutConfig);
  assert.ok(MixQuery.properties.subServiceStatus);
  const of = (call: string) =>
    body.paths[`/v1/apps/{appid}/cloud_recording/resourceid/{resourceid}${call}`].post.requestBody.content[
      'application/json'
    ].schema.properties.clientRequest;
  assert.equal(of('/mode/{mode}/start').anyOf.length, 2);
  assert.equal(of('/sid/{sid}/mode/{mode}/update').anyOf.length, 2);
});

test('the document has every route of channels, with its methods and parameters', async () => {
  // Nobody is asked for anything.
  const hub = {} as Hub;
  const config = loadConfig({ environment: {} });
  using routes = new ChannelRoutes({ hub, config, log: pino({ level: 'silent' }) });
  const { body } = await service.send('/openapi.json', { method: 'GET' });
  const found = routes.router.stack.flatMap(({ route }) => (route ? [route] : []));
  assert.ok(found.length >= 4);
  for (const { path, stack } of found) {
    const template = path.replace(/:(\w+)/g, '{$1}');
    const methods = stack.map(({ method }) => method).filter((method) => ['get', 'post', 'delete'].includes(method));
    const operations = body.paths[template] ?? {};
    assert.deepEqual(Object.keys(operations).sort(), [...new Set(methods)].sort(), template);
    for (const { parameters } of Object.values<{ parameters: { name: string; in: string }[] }>(operations)) {
      const named = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      assert.deepEqual(
        named,
        [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
    }
  }
});

test('every reference in the document leads somewhere', async () => {
  const { text, body } = await service.send('/openapi.json', { method: 'GET' });
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name as string);
  assert.ok(references.length > 0);
  for (const name of references) assert.ok(body.components.schemas[name], name);
});

test('the viewer loads from the service itself only, under a strict policy', async () => {
  const page = await service.send('/docs', { method: 'GET' });
  assert.equal(page.status, 200);
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'self'(;|$)/);
  const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source as string);
  assert.ok(sources.length >= 4);
  for (const source of sources) {
    const { origin, pathname } = new URL(source, `${service.url}/docs`);
    assert.equal(origin, service.url);
    assert.equal((await service.send(pathname, { method: 'GET' })).status, 200, source);
  }
  assert.doesNotMatch(page.text, /<script(?![^>]*src=)/);
  const script = await service.send('/docs/viewer.js', { method: 'GET' });
  assert.match(script.headers.get('content-type') ?? '', /javascript/);
  assert.match(script.text, /validatorUrl: null/);
});
