import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecorderError } from '../../../src/errors.ts';
import { until } from '../../../src/kit/deadline.ts';
import { MESSAGE } from '../../../src/push/chunks.ts';
import { Publisher } from '../../../src/push/publisher.ts';
import { parseRtmpUrl } from '../../../src/recording/rtmp-url.ts';
import { dialAnywhere } from '../../support/rtmp-dial.ts';
import { sample } from '../../support/rtmp-samples.ts';
import { type Client, type Manners, RtmpServer } from '../../support/rtmp-server.ts';

const METADATA = Buffer.from('metadata');
const SECRET = 'SECRET';

function open(url: string, signal = new AbortController().signal): Promise<Publisher> {
  return Publisher.open({ address: parseRtmpUrl(url), dial: dialAnywhere(), metadata: METADATA, signal });
}

function isRefusal(error: unknown, pattern: RegExp): boolean {
  return (
    error instanceof RecorderError &&
    error.code === 'push_failed' &&
    pattern.test(error.message) &&
    !error.message.includes(SECRET)
  );
}

async function waitFor(probe: () => boolean): Promise<void> {
  assert.ok(await until(10_000, 10, probe));
}

test('a server is asked in the order that encoders ask in; it sees the key only where it belongs', async () => {
  await using server = await RtmpServer.start();
  {
    await using publisher = await open(server.url('key?a=b'));
    publisher.send(sample({ key: true }));
    await waitFor(() => server.messages.some(({ type }) => type === MESSAGE.video));
  }
  await waitFor(() => server.commands.length === 7);
  const [connect, ...rest] = server.commands;
  const tcUrl = `rtmp://127.0.0.1:${server.port}/live`;
  assert.deepEqual(connect?.slice(0, 2), ['connect', 1]);
  assert.partialDeepStrictEqual(connect?.[2], { app: 'live', type: 'nonprivate', tcUrl });
  assert.deepEqual(rest, [
    ['releaseStream', 2, null, 'key?a=b'],
    ['FCPublish', 3, null, 'key?a=b'],
    ['createStream', 4, null],
    ['publish', 0, null, 'key?a=b', 'live'],
    ['FCUnpublish', 5, null, 'key?a=b'],
    ['deleteStream', 6, null, 1],
  ]);
});

test('metadata comes first, a header before the first of its kind, and times count from the first picture', async () => {
  await using server = await RtmpServer.start();
  await using publisher = await open(server.url());
  const other = Buffer.from('another header');
  publisher.send(sample({ key: true, ms: 7000.4, body: Buffer.of(1) }));
  publisher.send(sample({ kind: 'audio', ms: 7010.6, body: Buffer.of(2) }));
  publisher.send(sample({ ms: 7100.2, body: Buffer.of(3) }));
  publisher.send(sample({ key: true, ms: 7200.2, body: Buffer.of(4), header: other }));
  const media = () => server.messages.filter(({ streamId, type }) => streamId === 1 && type !== MESSAGE.command);
  await waitFor(() => media().length === 8);
  const seen = media().map(({ type, timestamp, body }) => [
    type,
    timestamp,
    body.length > 1 ? body.toString() : body[0],
  ]);
  assert.deepEqual(seen, [
    [MESSAGE.data, 0, 'metadata'],
    [MESSAGE.video, 0, 'header of the picture'],
    [MESSAGE.video, 0, 1],
    [MESSAGE.audio, 10, 'header of the sound'],
    [MESSAGE.audio, 10, 2],
    [MESSAGE.video, 100, 3],
    [MESSAGE.video, 200, 'another header'],
    [MESSAGE.video, 200, 4],
  ]);
});

test('a large picture arrives whole', async () => {
  await using server = await RtmpServer.start();
  await using publisher = await open(server.url());
  const body = Buffer.alloc(900_000, 'picture');
  publisher.send(sample({ key: true, body }));
  assert.equal(publisher.isDrained, false);
  assert.equal(publisher.isFull, true);
  let ready = false;
  publisher.onReady = () => {
    ready = true;
  };
  await waitFor(() => server.messages.some((message) => message.body.equals(body)));
  assert.deepEqual([ready, publisher.isFull, publisher.isDrained], [true, false, true]);
});

/** What the server says instead of its consent, and what is made of it. */
const REFUSALS: Readonly<Record<string, readonly [Manners['answers'], RegExp]>> = {
  'refuses to connect': [
    {
      connect: (client, id) =>
        client.command('_error', id, null, {
          level: 'error',
          code: 'NetConnection.Connect.Rejected',
          description: `no ${SECRET}`,
        }),
    },
    /expected the server to take the stream: NetConnection\.Connect\.Rejected$/,
  ],
  'makes no stream': [
    { createStream: (client, id) => client.command('_error', id, null, null) },
    /without a known code/,
  ],
  'makes a stream without a number': [
    { createStream: (client, id) => client.command('_result', id, null) },
    /no stream/,
  ],
  'has another publisher': [
    {
      publish: (client) =>
        client.command('onStatus', 0, null, {
          level: 'error',
          code: 'NetStream.Publish.BadName',
          description: `${SECRET} is published already`,
        }),
    },
    /NetStream\.Publish\.BadName$/,
  ],
  'repeats the key where its code should be': [
    { publish: (client) => client.command('onStatus', 0, null, { level: 'error', code: `${SECRET} Net.no` }) },
    /without a known code/,
  ],
  'closes the connection': [{ publish: (client) => client.socket.end() }, /the server closed the connection/],
  'resets the connection': [{ publish: (client) => client.socket.resetAndDestroy() }, /ECONNRESET|closed/],
  'asks to close': [{ publish: (client) => client.command('close', 0, null) }, /asked to close/],
  'answers nonsense': [{ connect: (client) => client.socket.write(Buffer.alloc(100, 0x43)) }, /to speak RTMP/],
  'answers with a command that cannot be read': [
    { connect: (client) => client.send(MESSAGE.command, Buffer.of(99)) },
    /to speak RTMP/,
  ],
};

for (const [name, [answers, pattern]] of Object.entries(REFUSALS)) {
  test(`the error about a server that ${name} says so without the key`, async () => {
    await using server = await RtmpServer.start(answers ? { answers } : {});
    await assert.rejects(open(server.url(SECRET)), (error) => isRefusal(error, pattern));
    await waitFor(() => server.clients.every(({ socket }) => socket.destroyed || socket.readableEnded));
  });
}

test('a server of another protocol is recognised', async () => {
  await using server = await RtmpServer.start({ greeting: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') });
  await assert.rejects(open(server.url(SECRET)), (error) => isRefusal(error, /RTMP of version 3, got 72/));
});

test('errors about commands that not every server knows are of no interest', async () => {
  const refuse = (client: Client, id: number) =>
    client.command('_error', id, null, { level: 'error', code: 'NetConnection.Call.Failed' });
  await using server = await RtmpServer.start({ answers: { releaseStream: refuse, FCPublish: refuse } });
  await using publisher = await open(server.url());
  assert.equal(publisher.isFull, false);
});

test('a stream that the server takes back later is lost', async () => {
  await using server = await RtmpServer.start();
  await using publisher = await open(server.url(SECRET));
  server.clients[0]?.command('onStatus', 0, null, { level: 'status', code: 'NetStream.Some.News' });
  server.clients[0]?.command('onStatus', 0, null, { level: 'error', code: 'NetStream.Publish.Failed' });
  const error = await publisher.lost;
  assert.ok(isRefusal(error, /NetStream\.Publish\.Failed$/));
});

test('an opening that is given up leaves no connection', async () => {
  await using server = await RtmpServer.start({ answers: { publish: () => {} } });
  const controller = new AbortController();
  const opening = open(server.url(), controller.signal);
  await waitFor(() => server.commands.some(([name]) => name === 'publish'));
  controller.abort();
  await assert.rejects(opening, /given up/);
  await waitFor(() => server.clients[0]?.socket.readableEnded === true || server.clients[0]?.socket.destroyed === true);
});

test('pings are answered, what was read is acknowledged as often as the server wants', async () => {
  await using server = await RtmpServer.start({
    answers: {
      publish: (client) => {
        client.send(MESSAGE.windowSize, Buffer.from('00001000', 'hex'));
        client.send(MESSAGE.userControl, Buffer.from('000601020304', 'hex'));
        client.command('onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' });
        client.command('onStatus', 0, null, { level: 'status', code: 'x'.repeat(5000) });
      },
    },
  });
  await using _publisher = await open(server.url());
  const find = (type: number) => server.messages.filter((message) => message.type === type);
  await waitFor(() => find(MESSAGE.acknowledgement).length > 0);
  assert.ok((find(MESSAGE.acknowledgement)[0]?.body.readUInt32BE(0) ?? 0) >= 4096);
  assert.ok(find(MESSAGE.userControl).some(({ body }) => body.toString('hex') === '000701020304'));
});

test('a server is asked whether it is there; one that does not answer is not asked twice', async () => {
  const pings = (client: Client | undefined) =>
    client?.messages.filter(({ type, body }) => type === MESSAGE.userControl && body.readUInt16BE(0) === 6).length ?? 0;
  await using silent = await RtmpServer.start();
  await using answering = await RtmpServer.start({
    onMessage: ({ type, body }, client) => {
      if (type !== MESSAGE.userControl || body.readUInt16BE(0) !== 6) return;
      client.send(MESSAGE.userControl, Buffer.concat([Buffer.from([0, 7]), body.subarray(2)]));
    },
  });
  await using _one = await open(silent.url());
  await using _other = await open(answering.url());
  await waitFor(() => pings(answering.clients[0]) === 2);
  await sleep(100);
  assert.equal(pings(silent.clients[0]), 1);
});

test('a server that reads nothing any more does not keep anybody from leaving', async () => {
  await using server = await RtmpServer.start({ stopAtMedia: true });
  const publisher = await open(server.url());
  for (let i = 0; i < 20; i += 1) publisher.send(sample({ key: true, bytes: 1 << 20 }));
  await sleep(200);
  assert.equal(publisher.isDrained, false);
  const began = performance.now();
  await publisher[Symbol.asyncDispose]();
  assert.ok(performance.now() - began < 5000);
});
