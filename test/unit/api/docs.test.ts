import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CALLS } from '../../../src/api/calls.ts';
import { Service } from './service.ts';

let service: Service;
before(async () => {
  service = await Service.open();
});
after(async () => await service[Symbol.asyncDispose]());

test('the document has every call of mode web, with the ranges that are checked', async () => {
  const { body } = await service.send('/openapi.json', { method: 'GET' });
  assert.equal(body.openapi, '3.1.0');
  assert.equal(body.info.version, '9.8.7');
  for (const { method, path } of CALLS.filter((call) => !call.path.endsWith('updateLayout'))) {
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
