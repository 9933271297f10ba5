import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Router } from 'express';
import { measureAnswers, metrics } from '../../../src/api/metrics.ts';
import { openApp } from './small-app.ts';

test('answers are counted by call and status, whatever their paths name', async () => {
  const answered: string[] = [];
  const source = {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    text: () => Promise.resolve('figures 1\n'),
    answered: (call: string, status: number, seconds: number) => {
      assert.ok(seconds >= 0 && seconds < 60);
      answered.push(`${call} ${status}`);
    },
  };
  await using app = await openApp((routes) => {
    const router = Router({ mergeParams: true });
    router.get('/resourceid/:resourceid/sid/:sid/query', (_request, response) => void response.sendStatus(206));
    routes.use(measureAnswers(source));
    routes.get('/metrics', metrics(source));
    routes.get(['/v1/ncs/ip', '/v2/ncs/ip'], (_request, response) => void response.sendStatus(401));
    routes.use(
      ['', '/na'].map((region) => `${region}/v1/apps/:appid`),
      router,
    );
    routes.use((_request, response) => void response.sendStatus(404));
  });
  const figures = await app.get('/metrics');
  assert.equal(figures.headers.get('content-type'), source.contentType);
  assert.equal(await figures.text(), 'figures 1\n');
  await app.get('/v2/ncs/ip');
  await app.get('/na/v1/apps/secret-app/resourceid/r/sid/s/query');
  await app.get('/v1/apps/secret-app/nothing');
  assert.deepEqual(answered, ['metrics 200', 'ip 401', 'query 206', 'other 404']);
});
