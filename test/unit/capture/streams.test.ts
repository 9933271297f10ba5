import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { listStreams, parseStreams } from '../../../src/capture/streams.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

/** As PulseAudio 16 writes it. */
const stream = (index: number, state: string, sink: string, muted: string) => `    index: ${index}
\tdriver: <protocol-native.c>
\tflags: START_CORKED 
\tstate: ${state}
\tsink: 0 <${sink}>
\tvolume: front-left: 65536 / 100% / 0.00 dB,   front-right: 65536 / 100% / 0.00 dB
\t        balance 0.00
\tmuted: ${muted}
\tclient: 3 <Chromium>
\tproperties:
\t\tmedia.name = "Playback"
`;
const ANSWER = `3 sink input(s) available.
${stream(0, 'RUNNING', 'tapehead', 'no')}${stream(4, 'CORKED', 'tapehead', 'no')}${stream(7, 'RUNNING', 'other', 'yes')}`;
const STREAMS = [
  { sink: 'tapehead', corked: false, muted: false },
  { sink: 'tapehead', corked: true, muted: false },
  { sink: 'other', corked: false, muted: true },
];

test('the list of streams is read', () => {
  assert.deepEqual(parseStreams(ANSWER), STREAMS);
  assert.deepEqual(parseStreams('0 sink input(s) available.\n'), []);
  assert.deepEqual(parseStreams(''), []);
});

async function daemon(path: string, answer: string | null): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let asked = '';
    socket.on('data', (chunk) => {
      asked += chunk.toString();
    });
    socket.on('end', () => {
      if (answer !== null) socket.end(asked === 'list-sink-inputs\n' ? answer : 'what?');
    });
    socket.on('error', () => {});
  });
  await once(server.listen(path), 'listening');
  return server;
}

test('a daemon is asked and answers', async () => {
  await using folder = await makeTempFolder();
  const server = await daemon(folder.file('control'), ANSWER);
  assert.deepEqual(await listStreams(folder.file('control')), STREAMS);
  server.close();
});

test('one that is not there, or says nothing, is an error', async () => {
  await using folder = await makeTempFolder();
  await assert.rejects(listStreams(folder.file('nobody')), { code: 'ENOENT' });
  const server = await daemon(folder.file('silent'), null);
  await assert.rejects(listStreams(folder.file('silent')), /does not answer/);
  server.close();
});
