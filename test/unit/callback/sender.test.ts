import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import type { Notice } from '../../../src/callback/notice.ts';
import type { Outbox } from '../../../src/callback/outbox.ts';
import { openSqliteOutbox } from '../../../src/callback/outbox-sqlite.ts';
import type { Receivers } from '../../../src/callback/receivers.ts';
import { Notices, type Timing } from '../../../src/callback/sender.ts';
import { until } from '../../../src/kit/deadline.ts';
import { Vault } from '../../../src/vault/vault.ts';
import { type Receiver, startReceiver } from '../../support/receiver.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const HOUR_MS = 3_600_000;
/** The sender's way of waiting, in milliseconds where it takes seconds. */
const FAST: Timing = { waitsMs: [0, 2, 10, 30], giveUpMs: HOUR_MS, attemptMs: 20_000, graceMs: 0 };

let folder: TempFolder;
let receiver: Receiver;
let agents: { readonly http: Agent; readonly https: HttpsAgent };
let logged: string;

beforeEach(async () => {
  folder = await makeTempFolder();
  receiver = await startReceiver();
  agents = { http: new Agent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  logged = '';
});

afterEach(async () => {
  agents.http.destroy();
  agents.https.destroy();
  await receiver[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

interface Options {
  readonly receivers?: Receivers;
  readonly timing?: Partial<Timing>;
  readonly now?: () => number;
  readonly file?: string;
}

/** The sender over its file, as a service has it. */
class Sender implements AsyncDisposable {
  readonly outbox: Outbox;
  readonly notices: Notices;

  constructor({ receivers, timing, now, file = folder.file('outbox.sqlite') }: Options = {}) {
    this.outbox = openSqliteOutbox(file, new Vault(Buffer.alloc(32, 1)));
    this.notices = Notices.open({
      outbox: this.outbox,
      receivers: receivers ?? { demo: { url: receiver.url, secret: receiver.secret } },
      agents,
      log: pino({ level: 'debug' }, { write: (line) => (logged += line) }),
      timing: { ...FAST, ...timing },
      ...(now === undefined ? {} : { now }),
    });
  }

  tell(sid: string, notice: Notice, appId = 'demo'): void {
    this.notices.tell({ appId, cname: 'room', uid: '1001', sid, mode: 'web' }, notice);
  }

  /** Waits until nothing is pending, of one recording or of all. */
  async settled(sid: string | null = null): Promise<void> {
    assert.ok(await until(20_000, 5, () => this.notices.view(sid).pending === 0), JSON.stringify(this.notices.view()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.notices[Symbol.asyncDispose]();
    this.outbox[Symbol.dispose]();
  }
}

function notice(eventType: number, more: Readonly<Record<string, unknown>> = {}): Notice {
  return { eventType, serviceType: 6, details: { msgName: `event_${eventType}`, ...more } };
}

function typesOf(sid?: string): number[] {
  return receiver.accepted
    .filter(({ body }) => sid === undefined || body.sid === sid)
    .map(({ body }) => body.eventType);
}

test('delivers each message once, signed, in order and with its place in it', async () => {
  await using sender = new Sender();
  const fromMs = Date.now();
  for (const type of [70, 73, 71, 11]) sender.tell('a', notice(type));
  await sender.settled();
  assert.equal(receiver.received.length, 4);
  receiver.received.forEach(({ body, genuine, headers, path }, i) => {
    assert.ok(genuine);
    assert.equal(path, '/hook');
    assert.equal(headers['content-type'], 'application/json');
    assert.match(body.noticeId, /^[0-9a-f]{32}$/);
    assert.ok(body.notifyMs >= body.payload.sendts && body.payload.sendts >= fromMs && body.notifyMs <= Date.now());
    const eventType = [70, 73, 71, 11][i];
    assert.deepEqual(body, {
      ...{ noticeId: body.noticeId, productId: 3, eventType, notifyMs: body.notifyMs, sid: 'a' },
      payload: {
        ...{ cname: 'room', uid: '1001', sid: 'a', sequence: i, sendts: body.payload.sendts, serviceType: 6 },
        ...{ serviceScene: 'web_record', details: { msgName: `event_${eventType}` } },
      },
    });
  });
  assert.equal(new Set(receiver.received.map(({ body }) => body.noticeId)).size, 4);
  assert.equal(receiver.connections, 1);
});

test('what becomes due while the sender looks is not forgotten', async (t) => {
  let left = 3;
  receiver.answer(() => {
    left -= 1;
    return left < 0 ? 200 : 500;
  });
  await using sender = new Sender();
  // Each look at the clock takes a while: some message becomes due between two of them.
  let clockMs = performance.now();
  const slow = t.mock.method(performance, 'now', () => (clockMs += 5));
  sender.tell('a', notice(70));
  const sent = await until(20_000, 1, () => receiver.received.length === 4);
  slow.mock.restore();
  assert.ok(sent, `${receiver.received.length} attempts`);
});

const TROUBLES = [500, 404, 204, 'close', 'hang', { status: 302, headers: { location: '/elsewhere' } }] as const;

for (const trouble of TROUBLES) {
  test(`sends again what was answered with ${JSON.stringify(trouble)}, and keeps the order`, async () => {
    const failures = trouble === 'hang' ? 1 : 3;
    let left = failures;
    receiver.answer(({ eventType }) => {
      if (eventType !== 73 || left === 0) return 200;
      left -= 1;
      return trouble;
    });
    let clockMs = 1_000_000;
    // Each attempt is told a later time than the one before.
    await using sender = new Sender({ timing: { attemptMs: 2000 }, now: () => (clockMs += 1) });
    for (const type of [70, 73, 71]) sender.tell('a', notice(type));
    await sender.settled();
    assert.deepEqual(
      receiver.received.map(({ body }) => body.eventType),
      [70, ...Array<number>(failures + 1).fill(73), 71],
    );
    const again = receiver.received.filter(({ body }) => body.eventType === 73);
    const same = again.map(({ body: { noticeId, payload } }) => JSON.stringify([noticeId, payload]));
    assert.equal(new Set(same).size, 1);
    assert.equal(new Set(again.map(({ body }) => body.notifyMs)).size, failures + 1);
    assert.ok(receiver.received.every(({ genuine }) => genuine));
  });
}

test('one recording that waits for a slow receiver holds up no other, and the receiver is not stormed', async () => {
  receiver.answer(({ sid }) => (sid === 'slow' ? 'hang' : { status: 200, afterMs: 20 }));
  await using sender = new Sender();
  sender.tell('slow', notice(70));
  sender.tell('slow', notice(71));
  for (let i = 0; i < 20; i += 1) for (const type of [70, 71]) sender.tell(`r${i}`, notice(type));
  assert.ok(await until(20_000, 5, () => receiver.accepted.length === 40));
  for (let i = 0; i < 20; i += 1) assert.deepEqual(typesOf(`r${i}`), [70, 71]);
  assert.equal(receiver.received.filter(({ body }) => body.sid === 'slow').length, 1);
  assert.equal(receiver.mostAtOnce, 4);
});

test('a receiver that hangs leaves room for another one', async () => {
  await using other = await startReceiver();
  receiver.answer('hang');
  const receivers = {
    demo: { url: receiver.url, secret: receiver.secret },
    '*': { url: other.url, secret: other.secret },
  };
  await using sender = new Sender({ receivers });
  for (let i = 0; i < 100; i += 1) sender.tell(`r${i}`, notice(70));
  for (let i = 0; i < 10; i += 1) sender.tell(`o${i}`, notice(70), 'somebody');
  assert.ok(await until(20_000, 5, () => other.accepted.length === 10));
  assert.ok(other.accepted.every(({ genuine }) => genuine));
  assert.ok(receiver.mostAtOnce <= 4);
});

test('what was not delivered when the service died is sent by the next one, under the same noticeId', async () => {
  receiver.answer('hang');
  {
    await using sender = new Sender();
    for (const type of [70, 73]) sender.tell('a', notice(type));
    assert.ok(await until(20_000, 5, () => receiver.received.length === 1));
  }
  receiver.answer(200);
  await using sender = new Sender();
  sender.tell('a', notice(71));
  await sender.settled();
  assert.deepEqual(typesOf(), [70, 73, 71]);
  assert.deepEqual(
    receiver.accepted.map(({ body }) => body.payload.sequence),
    [0, 1, 2],
  );
  assert.equal(receiver.received[0]?.body.noticeId, receiver.received[1]?.body.noticeId);
});

test('a long wait is over when the service is started again', async () => {
  receiver.answer(503);
  {
    await using sender = new Sender({ timing: { waitsMs: [HOUR_MS / 2] } });
    sender.tell('a', notice(70));
    assert.ok(await until(20_000, 5, () => sender.notices.view('a').problem !== null));
  }
  receiver.answer(200);
  await using sender = new Sender({ timing: { waitsMs: [HOUR_MS / 2] } });
  await sender.settled();
  assert.deepEqual(typesOf(), [70]);
});

test('what is due when the service ends is still sent', async () => {
  receiver.answer({ status: 200, afterMs: 50 });
  {
    await using sender = new Sender({ timing: { graceMs: 20_000 } });
    for (const type of [71, 11]) sender.tell('a', notice(type));
  }
  assert.deepEqual(typesOf(), [71, 11]);
});

test('a message is given up an hour after its event, stays visible, and the next one follows', async () => {
  receiver.answer(({ eventType }) => (eventType === 70 ? 500 : 200));
  let nowMs = 10 * HOUR_MS;
  await using sender = new Sender({ now: () => nowMs });
  sender.tell('a', notice(70));
  sender.tell('a', notice(71));
  assert.ok(await until(20_000, 5, () => receiver.received.length >= 5));
  assert.deepEqual(typesOf(), []);
  const { pending, oldestMs, givenUp, problem } = sender.notices.view('a');
  assert.deepEqual([pending, oldestMs, givenUp, problem], [2, nowMs, 0, 'expected the answer 200, got 500']);
  nowMs += HOUR_MS;
  await sender.settled();
  const view = sender.notices.view('a');
  assert.equal(view.givenUp, 1);
  assert.equal(view.lost[0]?.eventType, 70);
  assert.equal(view.problem, 'expected the answer 200, got 500');
  assert.deepEqual(
    receiver.accepted.map(({ body }) => [body.eventType, body.payload.sequence]),
    [[71, 1]],
  );
  assert.match(logged, /callback given up/);
  sender.notices.prune(2 * HOUR_MS);
  assert.equal(sender.notices.view().givenUp, 1);
  nowMs += 2 * HOUR_MS;
  sender.notices.prune(2 * HOUR_MS);
  assert.equal(sender.notices.view().givenUp, 0);
});

test('what is older than an hour when the service comes back is tried all the same', async () => {
  receiver.answer('close');
  let nowMs = 10 * HOUR_MS;
  {
    await using sender = new Sender({ now: () => nowMs });
    for (const type of [70, 71]) sender.tell('a', notice(type));
  }
  nowMs += 3 * HOUR_MS;
  receiver.answer(200);
  await using sender = new Sender({ now: () => nowMs });
  await sender.settled();
  assert.deepEqual(typesOf(), [70, 71]);
});

test('a receiver gets the events that it wants, without gaps in the sequence', async () => {
  const receivers = { demo: { url: receiver.url, secret: receiver.secret, events: [70, 71] } };
  await using sender = new Sender({ receivers });
  for (const type of [70, 33, 73, 71, 11]) sender.tell('a', notice(type));
  sender.tell('b', notice(70), 'nobody');
  sender.tell('c', notice(70), 'constructor');
  await sender.settled();
  assert.deepEqual(
    receiver.received.map(({ body }) => [body.eventType, body.payload.sequence]),
    [
      [70, 0],
      [71, 1],
    ],
  );
});

test('messages wait for a receiver that is configured again', async () => {
  receiver.answer('close');
  {
    await using sender = new Sender();
    sender.tell('a', notice(70));
  }
  receiver.answer(200);
  {
    await using sender = new Sender({ receivers: {} });
    assert.ok(await until(20_000, 5, () => /no receiver/.test(sender.notices.view('a').problem ?? '')));
  }
  await using sender = new Sender();
  await sender.settled();
  assert.deepEqual(typesOf(), [70]);
});

test('secrets are neither in its files nor in its log', async () => {
  const url = `${receiver.url}/path-token?query-token=1`;
  const receivers = { demo: { url, secret: receiver.secret } };
  const about = { rtmpUrl: 'rtmp://live.example.org/app/stream-key' };
  let failures = 3;
  receiver.answer(() => (failures-- > 0 ? 500 : 'close'));
  await using sender = new Sender({ receivers });
  sender.tell('a', notice(100, about));
  assert.ok(await until(20_000, 5, () => receiver.received.length > 5));
  assert.equal(receiver.received[0]?.path, '/hook/path-token?query-token=1');
  assert.deepEqual(receiver.received[0]?.body.payload.details.rtmpUrl, about.rtmpUrl);
  receiver.answer(200);
  await sender.settled();
  sender.tell('a', notice(100, about));
  receiver.answer('hang');
  const files = readdirSync(folder.path).map((name) => readFileSync(join(folder.path, name), 'latin1'));
  const view = JSON.stringify(sender.notices.view());
  for (const secret of ['stream-key', 'path-token', 'query-token', receiver.secret]) {
    assert.ok(!files.join('').includes(secret), `${secret} in a file`);
    assert.ok(!logged.includes(secret), `${secret} in the log`);
    assert.ok(!view.includes(secret), `${secret} in the view`);
  }
  assert.match(logged, /"eventType":100,"sequence":0,"attempt":1,"to":"http:\/\/127.0.0.1:\d+","problem":"expected/);
});

test('a message that cannot be read holds up nothing', async () => {
  const file = folder.file('sealed.sqlite');
  {
    using outbox = openSqliteOutbox(file, new Vault(Buffer.alloc(32, 9)));
    const subject = { appId: 'demo', cname: 'room', uid: '1', sid: 'a', mode: 'web' } as const;
    outbox.add({ subject, notice: notice(70), eventMs: Date.now(), noticeId: 'n' });
  }
  await using sender = new Sender({ file });
  sender.tell('a', notice(71));
  await sender.settled();
  assert.deepEqual(typesOf(), [71]);
  assert.match(sender.notices.view('a').problem ?? '', /another key/);
});

test('an outbox that fails neither throws at who tells nor is asked again and again', async () => {
  await using sender = new Sender();
  sender.tell('a', notice(70));
  await sender.settled();
  receiver.answer(() => {
    sender.outbox[Symbol.dispose]();
    return 200;
  });
  sender.tell('a', notice(73));
  assert.ok(await until(20_000, 5, () => /cannot be read or written/.test(logged)));
  sender.tell('a', notice(71));
  sender.notices.prune(0);
  assert.match(logged, /a callback is lost/);
  assert.equal(logged.split('cannot be read or written').length, 2);
  assert.equal(receiver.received.length, 2);
});

test('whatever fails, and whenever the service is started anew: all arrives, in order, one at a time', async () => {
  const trouble = fc.constantFrom(200, 200, 200, 500, 'close' as const, { status: 200, afterMs: 3 });
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.nat(3).map((sid) => ({ kind: 'tell' as const, sid: `r${sid}` })) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
    { weight: 2, arbitrary: fc.nat(10).map((ms) => ({ kind: 'wait' as const, ms })) },
  );
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.array(trouble, { minLength: 1, maxLength: 20 }),
      async (steps, troubles) => {
        runs += 1;
        const file = folder.file(`outbox-${runs}.sqlite`);
        const from = receiver.received.length;
        let answered = 0;
        receiver.answer(() => troubles[answered++] ?? 200);
        const told: Record<string, number> = {};
        let sender = new Sender({ file });
        try {
          for (const one of steps) {
            if (one.kind === 'wait') await new Promise((resolve) => setTimeout(resolve, one.ms));
            else if (one.kind === 'restart') {
              await sender[Symbol.asyncDispose]();
              sender = new Sender({ file });
            } else {
              told[one.sid] = (told[one.sid] ?? 0) + 1;
              sender.tell(one.sid, notice(33));
            }
          }
          await sender.settled();
        } finally {
          await sender[Symbol.asyncDispose]();
        }
        for (const [sid, count] of Object.entries(told)) {
          const came = receiver.received.slice(from).filter(({ body }) => body.sid === sid);
          const sequences = came.map(({ body }) => body.payload.sequence as number);
          // One may come again, but only before the next one.
          assert.deepEqual(
            sequences,
            sequences.toSorted((a, b) => a - b),
          );
          assert.deepEqual(
            [...new Set(sequences)],
            Array.from({ length: count }, (_, i) => i),
          );
          for (let sequence = 0; sequence < count; sequence += 1) {
            const same = came.filter(({ body }) => body.payload.sequence === sequence);
            assert.equal(new Set(same.map(({ body }) => body.noticeId)).size, 1);
          }
        }
      },
    ),
    { numRuns: 25 },
  );
});
