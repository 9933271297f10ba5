import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { DevtoolsPipe } from '../../../src/browser/devtools-pipe.ts';

function open() {
  const input = new PassThrough();
  const output = new PassThrough();
  const pipe = new DevtoolsPipe(input, output);
  const messages: string[] = [];
  pipe.onmessage = (message) => messages.push(message);
  return { input, output, pipe, messages };
}

/** Gives the bytes of the browser, piece by piece, as they arrive. */
async function feed(output: PassThrough, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    output.write(piece);
    await new Promise(setImmediate);
  }
}

test('messages that arrive in pieces of any size come out whole', async () => {
  const text = fc.string({ unit: 'grapheme' }).map((value) => JSON.stringify({ value }));
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), async (sent, cuts) => {
      const { output, messages } = open();
      const bytes = Buffer.from(sent.map((message) => `${message}\0`).join(''));
      const ends = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      await feed(
        output,
        ends.slice(1).map((end, i) => bytes.subarray(ends[i], end)),
      );
      assert.deepEqual(messages, sent);
    }),
    { numRuns: 60 },
  );
});

test('what has no end yet is no message', async () => {
  const { output, messages } = open();
  await feed(output, [Buffer.from('{"id":1}')]);
  assert.deepEqual(messages, []);
  await feed(output, [Buffer.from('\0')]);
  assert.deepEqual(messages, ['{"id":1}']);
});

test('messages are sent with a zero behind each', () => {
  const { input, pipe } = open();
  pipe.send('{"id":1}');
  pipe.send('{"id":"ü"}');
  assert.equal(String(input.read()), '{"id":1}\0{"id":"ü"}\0');
});

test('the end of the browser is told once, and nothing sent after it throws', async () => {
  const { input, output, pipe } = open();
  let closes = 0;
  pipe.onclose = () => {
    closes += 1;
  };
  input.destroy(new Error('EPIPE'));
  output.destroy(new Error('ECONNRESET'));
  await new Promise(setImmediate);
  assert.equal(closes, 1);
  pipe.send('late');
  pipe.close();
  await new Promise(setImmediate);
  assert.equal(closes, 1);
});
