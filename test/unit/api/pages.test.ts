import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { pages } from '../../../src/api/pages.ts';
import { Service } from './service.ts';
import { openApp, type SmallApp } from './small-app.ts';

function open(): Promise<SmallApp> {
  return openApp((app) => app.use(pages()));
}

describe('pages', () => {
  const files = {
    '/pages/publish/': 'text/html; charset=utf-8',
    '/pages/publish/publish.css': 'text/css; charset=utf-8',
    '/pages/publish/pattern.js': 'text/javascript; charset=utf-8',
    '/pages/shared/whip.js': 'text/javascript; charset=utf-8',
    '/pages/vendor/livekit-client.mjs': 'text/javascript; charset=utf-8',
    '/pages/vendor/agora-rtc-sdk.mjs': 'text/javascript; charset=utf-8',
  };
  for (const [path, type] of Object.entries(files)) {
    test(`${path} is served`, async () => {
      await using app = await open();
      const response = await app.get(path);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), type);
      assert.equal(response.headers.get('cache-control'), 'no-cache');
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      assert.ok((await response.text()).length > 300);
    });
  }

  test('packages are whole modules: they import nothing that is not served', async () => {
    await using app = await open();
    for (const name of ['livekit-client', 'agora-rtc-sdk']) {
      const script = await (await app.get(`/pages/vendor/${name}.mjs`)).text();
      assert.match(script.slice(-4000), /export\s*\{/);
      assert.doesNotMatch(script, /^\s*import\b[^(;]*from\s*["']/m);
    }
  });

  test('a page without its slash is where it is expected', async () => {
    await using app = await open();
    const response = await app.get('/pages/publish');
    assert.equal(response.status, 200);
    assert.equal(new URL(response.url).pathname, '/pages/publish/');
  });

  for (const path of [
    '/pages',
    '/pages/',
    '/pages/shared/',
    '/pages/types.ts',
    '/pages/types.TS',
    '/pages/%74ypes.t%73',
    '/pages/vendor/',
    '/pages/vendor/constructor',
    '/pages/vendor/livekit-client.esm.mjs',
    '/pages/..%2fpackage.json',
    '/pages/%2e%2e/package.json',
    '/pages/vendor/..%2f..%2fpackage.json',
  ]) {
    test(`${path} is not`, async () => {
      await using app = await open();
      const response = await app.get(path);
      assert.equal(response.status, 404, await response.text());
    });
  }

  test('scripts come from here only; nobody else may frame a page', async () => {
    await using app = await open();
    const policy = (await app.get('/pages/publish/')).headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'self'", "form-action 'none'"]) {
      assert.ok(policy.split('; ').includes(part), part);
    }
    assert.doesNotMatch(policy, /unsafe/);
  });
});

describe('in the service', () => {
  test('pages need no credentials', async () => {
    await using service = await Service.open({ environment: { TAPEHEAD_CREDENTIALS: 'key:secret' } });
    assert.equal((await service.send('/pages/publish/', { method: 'GET' })).status, 200);
    assert.equal((await service.send('/v1/recordings', { method: 'GET' })).status, 401);
  });

  test('without credentials, they are for this machine', async () => {
    await using service = await Service.open();
    const sent = request(`${service.url}/pages/publish/`, { headers: { host: 'rebinding.example' } }).end();
    const status = await new Promise((resolve, reject) => {
      sent.once('error', reject).once('response', (response) => {
        void text(response).then(() => resolve(response.statusCode));
      });
    });
    assert.equal(status, 403);
  });
});
