import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type OutgoingHttpHeaders, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { pino } from 'pino';
import { ChannelRoutes } from '../../../src/channel/routes.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { type ErrorCode, RecorderError } from '../../../src/errors.ts';
import { buildToken } from '../../support/access-tokens.ts';
import { FakeHub } from './fake-hub.ts';

const CERTIFICATE = '0123456789abcdef0123456789abcdef';
const APPS = { signed: { certificate: CERTIFICATE } };
const OFFER = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n';
const SDP = { 'content-type': 'application/sdp' };
const OPEN = '/v1/apps/demo/channels/room';
const SIGNED = '/v1/apps/signed/channels/room';
const USER = { uid: '5', role: 'host', audio: true, video: false, publication: 'p1' } as const;

/** The routes on a loopback port, over a hub that only writes down. */
class Channels implements AsyncDisposable {
  readonly hub = new FakeHub();
  readonly routes: ChannelRoutes;
  readonly #server: Server;

  constructor(environment: Record<string, string>) {
    const config = loadConfig({ environment: { TAPEHEAD_APPS: JSON.stringify(APPS), ...environment } });
    this.routes = new ChannelRoutes({ hub: this.hub, config, log: pino({ level: 'silent' }) });
    this.#server = createServer(express().use(this.routes.router));
  }

  static async open(environment: Record<string, string> = {}): Promise<Channels> {
    const channels = new Channels(environment);
    await once(channels.#server.listen(0, '127.0.0.1'), 'listening');
    return channels;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  send(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> {
    const init = { method, headers, ...(body !== undefined && { body }) };
    return fetch(`http://127.0.0.1:${this.port}${path}`, init);
  }

  offer(path: string, headers: Record<string, string> = SDP, body = OFFER): Promise<Response> {
    return this.send('POST', path, headers, body);
  }

  /** As a service that stops does it. */
  async close(): Promise<void> {
    this.routes[Symbol.dispose]();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await this.close();
  }
}

function bearer(changes: object = {}): Record<string, string> {
  const token = buildToken({ appId: 'signed', certificate: CERTIFICATE, channel: 'room', ...changes });
  return { authorization: `Bearer ${token}` };
}

async function problemOf(response: Response): Promise<string> {
  const { code, message } = (await response.json()) as { code: string; message: string };
  assert.ok(message.length > 10, message);
  return `${response.status} ${code}`;
}

/** Reads events until the connection ends, or as many as are wanted. */
async function readEvents(response: Response, count = Number.POSITIVE_INFINITY): Promise<[string, unknown][]> {
  const events: [string, unknown][] = [];
  let text = '';
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const match = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end));
      if (match) events.push([match[1] as string, JSON.parse(match[2] as string)]);
      text = text.slice(end + 2);
    }
    if (events.length >= count) break;
  }
  return events;
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await sleep(10);
  assert.ok(holds());
}

describe('publish', () => {
  test('an offer is answered with a session', async () => {
    await using channels = await Channels.open();
    const response = await channels.offer('/v1/apps/demo/channels/a%20%3Froom%25/whip?uid=7');
    assert.equal(response.status, 201);
    assert.equal(response.headers.get('content-type')?.split(';')[0], 'application/sdp');
    assert.equal(response.headers.get('location'), '/v1/apps/demo/channels/a%20%3Froom%25/sessions/session1');
    assert.equal(response.headers.get('link'), null);
    assert.equal(await response.text(), 'v=0 answer');
    const member = { appId: 'demo', channel: 'a ?room%', uid: '7', role: 'publisher' };
    assert.deepEqual(channels.hub.asked, [['publish', member, OFFER]]);
  });

  test('the session is ended by its address, once', async () => {
    await using channels = await Channels.open();
    const session = (await channels.offer(`${OPEN}/whip?uid=7`)).headers.get('location') ?? '';
    assert.equal((await channels.send('DELETE', session)).status, 200);
    assert.deepEqual(channels.hub.ended, ['session1']);
    assert.equal(await problemOf(await channels.send('DELETE', session)), '404 session_not_found');
  });

  test('ICE servers are named', async () => {
    const servers = [
      { urls: 'stun:stun.example:3478' },
      { urls: 'turn:turn.example?transport=udp', username: 'a "user"', credential: 'se\\cret' },
    ];
    await using channels = await Channels.open({ TAPEHEAD_ICE_SERVERS: JSON.stringify(servers) });
    assert.equal(
      (await channels.offer(`${OPEN}/whip?uid=7`)).headers.get('link'),
      '<stun:stun.example:3478>; rel="ice-server", <turn:turn.example?transport=udp>; rel="ice-server"; ' +
        'username="a \\"user\\""; credential="se\\\\cret"; credential-type="password"',
    );
  });

  test('a role cannot be had by publishing', async () => {
    await using channels = await Channels.open();
    await channels.offer(`${OPEN}/whip?uid=7&role=recorder`);
    const [[, member]] = channels.hub.asked as [[string, { role: string }]];
    assert.equal(member.role, 'publisher');
  });

  const failures: [ErrorCode, string][] = [
    ['request_invalid', '400 offer_invalid'],
    ['over_capacity', '503 over_capacity'],
    ['not_completed', '503 hub_starting'],
    ['internal', '500 internal'],
  ];
  for (const [code, expected] of failures) {
    test(`${code} of the hub is told as ${expected}`, async () => {
      await using channels = await Channels.open();
      channels.hub.failure = new RecorderError(code, 'something is the matter');
      const response = await channels.offer(`${OPEN}/whip?uid=7`);
      assert.equal(response.headers.get('retry-after'), response.status === 503 ? '1' : null);
      assert.equal(await problemOf(response), expected);
    });
  }

  test('what is no offer is refused', async () => {
    await using channels = await Channels.open();
    const path = `${OPEN}/whip?uid=7`;
    const json = await channels.offer(path, { 'content-type': 'application/json' });
    assert.equal(json.headers.get('accept-post'), 'application/sdp');
    assert.equal(await problemOf(json), '415 offer_unreadable');
    assert.equal(await problemOf(await channels.send('POST', path)), '415 offer_unreadable');
    assert.equal(await problemOf(await channels.offer(path, SDP, 'x'.repeat(200_000))), '413 offer_too_large');
    const packed = { ...SDP, 'content-encoding': 'gzip' };
    assert.equal(await problemOf(await channels.offer(path, packed)), '400 request_invalid');
    assert.deepEqual(channels.hub.asked, []);
  });
});

describe('view', () => {
  test('one publisher is received, in one of two sizes', async () => {
    await using channels = await Channels.open();
    const high = await channels.offer(`${OPEN}/whep/5?uid=7`);
    assert.equal(high.status, 201);
    assert.equal((await channels.offer(`${OPEN}/whep/5?uid=8&layer=low&role=recorder`)).status, 201);
    const member = { appId: 'demo', channel: 'room' };
    assert.deepEqual(channels.hub.asked, [
      ['view', { ...member, uid: '7', role: 'viewer' }, '5', 'high', OFFER],
      ['view', { ...member, uid: '8', role: 'recorder' }, '5', 'low', OFFER],
    ]);
  });

  test('somebody who is not there is told as such', async () => {
    await using channels = await Channels.open();
    channels.hub.failure = new RecorderError('recording_not_found', 'nobody publishes as 5');
    assert.equal(await problemOf(await channels.offer(`${OPEN}/whep/5?uid=7`)), '404 publisher_not_found');
  });

  test('other words are refused', async () => {
    await using channels = await Channels.open();
    for (const path of [
      '/whep/0?uid=7',
      '/whep/bob?uid=7',
      '/whep/5?uid=7&layer=middle',
      '/whep/5?uid=7&layer=a&layer=b',
    ]) {
      assert.equal(await problemOf(await channels.offer(OPEN + path)), '400 request_invalid', path);
    }
    for (const path of ['/whep/5', '/whep/5?uid=0', '/whep/5?uid=7&uid=8']) {
      assert.equal(await problemOf(await channels.offer(OPEN + path)), '400 uid_invalid', path);
    }
  });
});

describe('users', () => {
  test('are told at once and at each change, for as long as somebody listens', async () => {
    await using channels = await Channels.open();
    const listening = new AbortController();
    const url = `http://127.0.0.1:${channels.port}${OPEN}/users?uid=7&role=recorder`;
    const response = await fetch(url, { signal: listening.signal });
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const [stay] = channels.hub.stays;
    assert.deepEqual(stay?.member, { appId: 'demo', channel: 'room', uid: '7', role: 'recorder' });
    channels.hub.tell([USER]);
    assert.deepEqual(await readEvents(response, 2), [
      ['users', []],
      ['users', [USER]],
    ]);
    listening.abort();
    await until(() => channels.hub.stays.size === 0);
  });

  for (const why of ['uid_taken', 'hub_lost'] as const) {
    test(`${why} is the last word`, async () => {
      await using channels = await Channels.open();
      const response = await channels.send('GET', `${OPEN}/users?uid=7`);
      for (const { onEnd } of channels.hub.stays) onEnd(why);
      assert.deepEqual(await readEvents(response), [
        ['users', []],
        ['end', { why }],
      ]);
      await until(() => channels.hub.stays.size === 0);
    });
  }

  test('a sign of life comes when nothing happens', async () => {
    await using channels = await Channels.open();
    const socket = connect(channels.port, '127.0.0.1');
    socket.write(`GET ${OPEN}/users?uid=7 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
    });
    await until(() => /\n:\n\n/.test(text));
    // Its connection breaks without a word.
    socket.resetAndDestroy();
    await until(() => channels.hub.stays.size === 0);
  });

  test('whoever reads nothing is let go, whoever reads stays', async () => {
    await using channels = await Channels.open();
    const lazy = connect(channels.port, '127.0.0.1');
    lazy.write(`GET ${OPEN}/users?uid=7 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await once(lazy, 'readable');
    const reader = connect(channels.port, '127.0.0.1').resume();
    reader.write(`GET ${OPEN}/users?uid=8 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await until(() => channels.hub.stays.size === 2);
    const many = Array.from({ length: 1000 }, (_, i) => ({ ...USER, uid: String(i + 1) }));
    await until(() => {
      channels.hub.tell(many);
      return channels.hub.stays.size === 1;
    });
    const [stay] = channels.hub.stays;
    assert.equal(stay?.member.uid, '8');
    lazy.destroy();
    reader.destroy();
  });

  test('the end of the service does not wait for them', async () => {
    await using channels = await Channels.open();
    const response = await channels.send('GET', `${OPEN}/users?uid=7`);
    await channels.close();
    assert.deepEqual(await readEvents(response), [['users', []]]);
    assert.equal(channels.hub.stays.size, 0);
  });
});

describe('tokens', () => {
  test('are asked for where the app has a certificate', async () => {
    await using channels = await Channels.open();
    for (const [method, path] of [
      ['POST', '/whip?uid=7'],
      ['POST', '/whep/5?uid=7'],
      ['GET', '/users?uid=7'],
    ] as const) {
      const body = method === 'POST' ? OFFER : undefined;
      const without = await channels.send(method, SIGNED + path, SDP, body);
      assert.match(without.headers.get('www-authenticate') ?? '', /^Bearer /);
      assert.equal(await problemOf(without), '401 token_invalid', path);
      const late = await channels.send(method, SIGNED + path, { ...SDP, ...bearer({ issuedS: 1 }) }, body);
      assert.equal(await problemOf(late), '401 token_expired', path);
      const good = await channels.send(method, SIGNED + path, { ...SDP, ...bearer({ uid: '7' }) }, body);
      assert.ok(good.ok, path);
      await good.body?.cancel();
    }
  });

  test('must allow what the offer sends', async () => {
    await using channels = await Channels.open();
    const audioOnly = bearer({ privileges: { 1: 60, 2: 60 } });
    assert.equal(
      await problemOf(await channels.offer(`${SIGNED}/whip?uid=7`, { ...SDP, ...audioOnly })),
      '401 token_invalid',
    );
    const sound = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';
    assert.equal((await channels.offer(`${SIGNED}/whip?uid=7`, { ...SDP, ...audioOnly }, sound)).status, 201);
    const join = bearer({ privileges: { 1: 60 } });
    assert.equal((await channels.offer(`${SIGNED}/whep/5?uid=7`, { ...SDP, ...join })).status, 201);
  });

  test('end what they have opened when they expire', async () => {
    await using channels = await Channels.open();
    const issuedS = Math.floor(Date.now() / 1000);
    const brief = bearer({ issuedS, lifeS: 3 });
    assert.equal((await channels.offer(`${SIGNED}/whip?uid=7`, { ...SDP, ...brief })).status, 201);
    const ended = (await channels.offer(`${SIGNED}/whep/5?uid=7`, { ...SDP, ...brief })).headers.get('location') ?? '';
    await channels.send('DELETE', ended);
    const response = await channels.send('GET', `${SIGNED}/users?uid=7`, brief);
    assert.deepEqual(await readEvents(response), [
      ['users', []],
      ['end', { why: 'token_expired' }],
    ]);
    await until(() => channels.hub.ended.length === 2);
    assert.deepEqual(channels.hub.ended, ['session2', 'session1']);
    assert.ok(Date.now() >= (issuedS + 3) * 1000 - 100);
  });
});

describe('methods', () => {
  const allowed: [path: string, methods: string][] = [
    ['/whip?uid=7', 'OPTIONS, POST'],
    ['/whep/5?uid=7', 'OPTIONS, POST'],
    ['/users?uid=7', 'OPTIONS, GET'],
    ['/sessions/session1', 'OPTIONS, DELETE'],
  ];
  for (const [path, methods] of allowed) {
    test(`${path} takes ${methods}`, async () => {
      await using channels = await Channels.open();
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        if (methods.includes(method)) continue;
        const response = await channels.send(method, OPEN + path);
        assert.equal(response.headers.get('allow'), methods);
        assert.equal(await problemOf(response), '405 method_not_allowed', method);
      }
      assert.equal((await channels.send('HEAD', OPEN + path)).status, 405);
      const asked = await channels.send('OPTIONS', OPEN + path);
      assert.equal(asked.status, 204);
      assert.equal(asked.headers.get('accept-post'), methods.includes('POST') ? 'application/sdp' : null);
      assert.equal(asked.headers.get('access-control-allow-methods'), methods);
    });
  }

  test('no trickled candidates are taken', async () => {
    await using channels = await Channels.open();
    const session = (await channels.offer(`${OPEN}/whip?uid=7`)).headers.get('location') ?? '';
    const trickle = { 'content-type': 'application/trickle-ice-sdpfrag' };
    const response = await channels.send('PATCH', session, trickle, 'a=ice-ufrag:EsAw');
    assert.equal(await problemOf(response), '405 method_not_allowed');
    assert.deepEqual(channels.hub.ended, []);
  });
});

describe('pages of other origins', () => {
  const foreign = { origin: 'https://anywhere.example' };
  const local = { origin: 'http://localhost:3000' };

  test('may read where tokens are asked for', async () => {
    await using channels = await Channels.open();
    const asked = await channels.send('OPTIONS', `${SIGNED}/whip?uid=7`, foreign);
    assert.equal(asked.headers.get('access-control-allow-origin'), foreign.origin);
    assert.equal(asked.headers.get('access-control-allow-headers'), 'authorization, content-type');
    const response = await channels.offer(`${SIGNED}/whip?uid=7`, { ...SDP, ...foreign, ...bearer() });
    assert.equal(response.status, 201);
    assert.equal(response.headers.get('access-control-allow-origin'), foreign.origin);
    assert.match(response.headers.get('access-control-expose-headers') ?? '', /location, link/);
    const refused = await channels.offer(`${SIGNED}/whip?uid=7`, { ...SDP, ...foreign });
    assert.equal(refused.headers.get('access-control-allow-origin'), foreign.origin);
  });

  test('may not call where none are', async () => {
    await using channels = await Channels.open();
    const asked = await channels.send('OPTIONS', `${OPEN}/whip?uid=7`, foreign);
    assert.equal(asked.headers.get('access-control-allow-origin'), null);
    const response = await channels.offer(`${OPEN}/whip?uid=7`, { ...SDP, ...foreign });
    assert.equal(response.headers.get('access-control-allow-origin'), null);
    assert.equal(await problemOf(response), '403 forbidden');
    assert.deepEqual(channels.hub.asked, []);
  });

  test('of this machine may', async () => {
    await using channels = await Channels.open();
    const response = await channels.offer(`${OPEN}/whip?uid=7`, { ...SDP, ...local });
    assert.equal(response.status, 201);
    assert.equal(response.headers.get('access-control-allow-origin'), local.origin);
  });

  test('a host name that was pointed here is refused', async () => {
    await using channels = await Channels.open();
    const headers: OutgoingHttpHeaders = { host: 'rebinding.example', 'content-type': 'application/sdp' };
    const target = { port: channels.port, host: '127.0.0.1', path: `${OPEN}/whip?uid=7`, method: 'POST', headers };
    const [answer] = await once(request(target).end(OFFER), 'response');
    answer.resume();
    assert.equal(answer.statusCode, 403);
    assert.deepEqual(channels.hub.asked, []);
  });
});
