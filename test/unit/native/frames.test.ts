import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Display } from '../../../src/browser/display.ts';
import { Capture, nowUs, TalkingProgram } from '../../support/capture-helper.ts';
import { buildHelper, buildProgram, uncompilable } from '../../support/native.ts';
import { type RawPicture, readRawPictures } from '../../support/raw-pictures.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const SIZE = { width: 320, height: 240 };
const LUMA = SIZE.width * SIZE.height;
const S = 1e6;

describe('capture helper', { skip: uncompilable }, () => {
  const stack = new AsyncDisposableStack();
  let folder: TempFolder;
  let display: Display;
  let painter: TalkingProgram;
  let program: string;
  let pipes = 0;

  before(async () => {
    folder = stack.use(await makeTempFolder());
    const built = await Promise.all([buildHelper(folder.path), buildProgram(folder.path, 'painter')]);
    program = built[0];
    display = stack.use(await Display.open({ size: SIZE, fps: 30, folder: folder.path, identity: null }));
    painter = stack.use(new TalkingProgram(built[1], [String(SIZE.width), String(SIZE.height)], display.env));
    await painter.line(/^ready$/);
  });
  after(async () => await stack.disposeAsync());

  const paint = async (order: string) => await painter.ask(order, /^done/);

  function pipe(): string {
    return folder.file(`pipe-${pipes++}`);
  }

  const capture = async (fps: number, path = pipe()) =>
    await Capture.start({ program, env: display.env, size: SIZE, fps, pipe: path });

  /** One whose pictures nobody reads yet. */
  const unread = (path: string) =>
    new TalkingProgram(program, ['--size', '320x240', '--fps', '30', '--out', path], display.env);

  /** Ends like `frames ARGUMENTS` does. */
  async function run(args: readonly string[], env: Readonly<Record<string, string>> = display.env) {
    await using helper = new TalkingProgram(program, args, env);
    const { code } = await helper.exited;
    return { code, error: helper.child.tail() };
  }

  /** What is on the display. */
  async function shot(): Promise<RawPicture> {
    await using helper = await capture(30);
    const [picture] = helper.pictures;
    assert.ok(picture);
    return picture;
  }

  test('opened, it gives what is there at once, at the time that was asked for', async () => {
    await paint(`noise 1 0 0 ${SIZE.width} ${SIZE.height}`);
    await using helper = await capture(30);
    const [armed] = helper.pictures;
    const at = helper.open(nowUs() + 50_000);
    await helper.until((pictures) => pictures.length > 1);
    const [first] = helper.given;
    assert.equal(first?.time, Math.floor(at / 2) * 2 + 1);
    assert.deepEqual(first.data, armed?.data);
    assert.equal(first.data.length, LUMA * 1.5);
    assert.ok(new Set(first.data.subarray(0, LUMA)).size > 200, 'noise has all levels of brightness');
  });

  test('under a flood of drawing it gives whole pictures only, and no more than asked for', async () => {
    await paint(`fill 0x000000 0 0 ${SIZE.width} ${SIZE.height}`);
    await using helper = await capture(20);
    helper.open();
    await paint('flood 300 200');
    await helper.end();
    const pictures = helper.given;
    for (const { data } of pictures) assert.equal(new Set(data.subarray(0, LUMA)).size, 1, 'one colour');
    const seconds = ((pictures.at(-1)?.time ?? 0) - (pictures[0]?.time ?? 0)) / S;
    assert.ok(pictures.length <= 20 * seconds + 5, `${pictures.length} in ${seconds} s`);
    assert.ok(pictures.length >= 10, `${pictures.length} in ${seconds} s`);
    assertTimes(pictures);
  });

  test('what changes in places becomes what a look at the whole gives', async () => {
    await paint(`noise 2 0 0 ${SIZE.width} ${SIZE.height}`);
    await using helper = await capture(60);
    helper.open();
    for (const [i, box] of ['0 0 1 1', '319 239 1 1', '101 51 33 7', '7 0 2 240', '64 64 128 128'].entries()) {
      await paint(`${i % 2 === 0 ? 'noise' : 'fill'} ${i + 3} ${box}`);
      const expected = await shot();
      await helper.until((pictures) => pictures.at(-1)?.data.equals(expected.data) ?? false);
    }
    await helper.end();
    assertTimes(helper.given);
  });

  test('after a change two more pictures come soon, then one a second', async () => {
    await using helper = await capture(30);
    helper.open();
    await helper.until((pictures) => pictures.length > 3);
    const count = helper.given.length;
    const drawn = Number((await paint(`fill 0x123456 10 10 50 50`)).split(' ')[1]);
    await helper.until((pictures) => pictures.length > count + 4);
    const [change, second, third, fourth] = helper.given.filter(({ time }) => time > drawn - S / 2).slice(-4);
    assert.ok(change && second && third && fourth);
    assert.ok(third.time - change.time < 0.5 * S, `${third.time - change.time}`);
    const pause = fourth.time - third.time;
    assert.ok(pause > 0.5 * S && pause < 2 * S, `${pause}`);
  });

  test('a steady rate is the same with and without drawing', async () => {
    await using helper = await capture(20);
    helper.say('steady 1');
    helper.open();
    await paint('flood 10 20');
    await helper.until((pictures) => pictures.length > 30);
    await helper.end();
    const pictures = helper.given.slice(0, -1);
    const seconds = ((pictures.at(-1)?.time ?? 0) - (pictures[0]?.time ?? 0)) / S;
    assert.ok(Math.abs(pictures.length - 1 - 20 * seconds) <= 3, `${pictures.length} in ${seconds} s`);
    assertTimes(pictures);
  });

  test('the last picture has a time from the end on, and shows what was drawn before', async () => {
    await using helper = await capture(5);
    helper.open();
    await helper.until((pictures) => pictures.length > 1);
    await paint('fill 0xffffff 0 0 320 240');
    const at = nowUs() + 1;
    const exit = await helper.end(at);
    assert.deepEqual(exit, { code: 0, signal: null });
    const last = helper.given.at(-1);
    assert.ok(last && last.time >= at);
    assert.equal(last.data[0], 235);
    assert.ok(helper.given.filter(({ time }) => time >= at).length <= 2);
  });

  test('key pictures come when asked for', async () => {
    await using helper = await capture(30);
    helper.say('keys 0');
    helper.open();
    await helper.until((pictures) => pictures.length > 3);
    helper.say('key');
    await helper.until((pictures) => pictures.filter(({ time }) => time % 2 === 1).length === 2);
    await helper.end();
  });

  test('a reader that is held up for a moment gets all pictures in the end', async () => {
    await paint('fill 0x080808 0 0 320 240');
    const path = pipe();
    await using helper = unread(path);
    await helper.line(/^armed$/);
    helper.say(`open ${nowUs()}`);
    await paint('flood 8 15');
    await helper.line(/^pictures [1-9]\d* queued [1-9]\d* late 0 lost 0$/);
    const pictures: RawPicture[] = [];
    helper.say(`end ${nowUs()}`);
    for await (const picture of readRawPictures(path)) pictures.push(picture);
    assert.ok(new Set(pictures.map(({ data }) => data[0])).size >= 5, `${pictures.length} pictures`);
    assert.ok(!helper.lines.some((line) => / lost [1-9]/.test(line)));
    assertTimes(pictures.slice(1));
  });

  test('what finds no room because nobody reads is counted', async () => {
    const path = pipe();
    await using helper = unread(path);
    await helper.line(/^armed$/);
    helper.say(`open ${nowUs()}`);
    await paint('flood 45 30');
    assert.match(await helper.line(/ lost [1-9]/), /^pictures \d+ queued 1\d late \d+ lost \d+$/);
    await using reader = new TalkingProgram('cat', [path], {});
    await helper.line(/^pictures \d+ queued 0 late [1-9]/);
    helper.child.stdin.end();
    assert.deepEqual(await helper.exited, { code: 0, signal: null });
    await reader.exited;
  });

  test('it leaves no pipe behind, however it ends', async () => {
    for (const end of [
      (helper: TalkingProgram) => helper.child.stdin.end(),
      (helper: TalkingProgram) => helper.child.signal('SIGTERM'),
      (helper: TalkingProgram) => helper.say('nonsense'),
      (helper: TalkingProgram) => helper.say('end 5'),
    ]) {
      const path = pipe();
      await using helper = new TalkingProgram(
        program,
        ['--size', '320x240', '--fps', '30', '--out', path],
        display.env,
      );
      await helper.line(/^armed$/);
      assert.ok(existsSync(path));
      end(helper);
      await helper.exited;
      assert.ok(!existsSync(path));
    }
    await using read = await capture(30, folder.file('read'));
    assert.ok(!existsSync(folder.file('read')), 'a pipe that is read has no name any more');
    read.child.signal('SIGKILL');
  });

  test('it ends when nobody reads any more', async () => {
    const path = pipe();
    await using helper = unread(path);
    await helper.line(/^armed$/);
    await promisify(execFile)('head', ['-c', '1000', path], { encoding: 'buffer' });
    helper.say(`open ${nowUs()}`);
    assert.deepEqual(await helper.exited, { code: 3, signal: null });
    assert.equal(helper.child.tail(), 'frames: nobody reads the pictures any more');
  });

  test('it ends when it has slept so long that all times are in doubt', async () => {
    await using helper = await capture(30);
    helper.open();
    await helper.until((pictures) => pictures.length > 1);
    helper.child.signal('SIGSTOP');
    await sleep(5500);
    helper.child.signal('SIGCONT');
    assert.deepEqual(await helper.exited, { code: 1, signal: null });
    assert.match(helper.child.tail(), /^frames: the clock went on by [5-9]\.\d s from one moment to the next$/);
  });

  test('told at once to open and to end, it gives a key picture and a last one', async () => {
    await using helper = await capture(30);
    const at = nowUs();
    helper.say(`open ${at}\nend ${at + 20_000}`);
    assert.deepEqual(await helper.exited, { code: 0, signal: null });
    await helper.read;
    const [first, last] = [helper.given[0], helper.given.at(-1)];
    assert.equal(first?.time, Math.floor(at / 2) * 2 + 1);
    assert.ok((last?.time ?? 0) >= at + 20_000);
    const late = await capture(30);
    await using _ = late;
    late.say(`open ${at}\nend ${at + 20_000}`);
    await late.read;
    assert.equal(late.given[0]?.time, (late.pictures[0]?.time ?? 0) + 1, 'after the first picture of all, and odd');
  });

  test('what it cannot do is told in one line', async () => {
    const usage = 'frames: expected --size WIDTHxHEIGHT --fps N --out PIPE';
    const right = ['--size', '320x240', '--fps', '30', '--out'];
    for (const args of [
      [],
      right,
      ['--size', '320', '--fps', '30', '--out', 'x'],
      ['--size', '320x240', '--fps', '0', '--out', 'x'],
    ])
      assert.deepEqual(await run(args), { code: 2, error: usage });
    const none = await run([...right, pipe()], { DISPLAY: ':65000' });
    assert.deepEqual(none, { code: 1, error: 'frames: expected a display at :65000' });
    const large = await run(['--size', '9000x9000', '--fps', '30', '--out', pipe()]);
    assert.match(large.error, /^frames: expected at most \d+x\d+, as the display has, got 9000x9000$/);
    const lost = await run([...right, '/nowhere/pipe']);
    assert.deepEqual(lost, {
      code: 1,
      error: 'frames: expected to make the pipe /nowhere/pipe: No such file or directory',
    });
    await using helper = await capture(30);
    helper.say('rate fast');
    assert.deepEqual(await helper.exited, { code: 1, signal: null });
    assert.equal(helper.child.tail(), 'frames: expected an order, got: rate fast');
  });

  test('of an odd size the last column and row are left out', async () => {
    const size = { width: 101, height: 51 };
    await using helper = await Capture.start({ program, env: display.env, size, fps: 30, pipe: pipe() });
    assert.equal(helper.pictures[0]?.data.length, 100 * 50 * 1.5);
  });

  test('ffmpeg keeps times to the microsecond, colours, and key pictures where they are asked for', async () => {
    const path = pipe();
    await using helper = unread(path);
    await helper.line(/^armed$/);
    const file = folder.file('encoded.mkv');
    const input = ['-probesize', '32', '-analyzeduration', '0', '-f', 'matroska', '-i', path];
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-g', '1000', '-sc_threshold', '0'];
    const times = ['-fps_mode', 'passthrough', '-enc_time_base', '1:1000000'];
    const keys = ['-force_key_frames', 'expr:eq(mod(round(t*1000000),2),1)'];
    const echo = ['-map', '0:v', '-c', 'copy', '-f', 'framecrc', folder.file('raw.txt')];
    const encoded = promisify(execFile)('ffmpeg', [
      ...['-v', 'error', '-copyts', ...input, ...times, ...x264, ...keys, '-f', 'framecrc', file, ...echo],
    ]);
    helper.say(`open ${nowUs()}`);
    await paint('flood 30 30');
    helper.say('key');
    await paint('flood 30 30');
    helper.say(`end ${nowUs()}`);
    await encoded;
    const [raw, coded] = await Promise.all([folder.file('raw.txt'), file].map(readFrames));
    assert.ok(raw && coded && raw.length > 10);
    assert.deepEqual(
      coded.map(({ time }) => time),
      raw.map(({ time }) => time),
    );
    for (const [i, { time, key }] of coded.entries()) assert.equal(key, i === 0 || time % 2 === 1, `picture ${i}`);
    assert.ok(coded.filter(({ key }) => key).length >= 3);
  });
});

/** Rising, and only key pictures odd: without orders these are the first and those at every second second. */
function assertTimes(pictures: readonly RawPicture[]): void {
  const [first] = pictures;
  assert.ok(first);
  pictures.slice(1).forEach(({ time }, i) => {
    assert.ok(time > (pictures[i]?.time ?? 0));
    const sinceKey = (time - first.time) % (2 * S);
    if (time % 2 === 1) assert.ok(sinceKey < 0.5 * S || sinceKey > 1.9 * S, `a key picture after ${time - first.time}`);
  });
  assert.equal(first.time % 2, 1);
}

/** Of ffmpeg's list of frames: stream, times, duration, size, checksum and flags; a frame without flags is a key frame. */
async function readFrames(file: string): Promise<{ time: number; key: boolean }[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => ({ time: Number(line.split(',')[2]), key: !/F=0x0\b/.test(line) }));
}
