import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRecordArgs } from '../../../src/cli/record-args.ts';
import { RecorderError } from '../../../src/errors.ts';

const URL = 'http://127.0.0.1:8000/page';
const GOOD = [URL, '--out', 'a.mp4'];

test('a URL and a name are enough', () => {
  assert.deepEqual(parseRecordArgs(GOOD), {
    ...{ url: URL, out: 'a.mp4', durationMs: Number.POSITIVE_INFINITY, width: 1280, height: 720, fps: 30 },
    ...{
      bitrateKbps: null,
      mobile: false,
      readyTimeoutS: 0,
      hls: null,
      json: false,
      steadyRate: false,
      noSandbox: false,
    },
  });
});

test('everything can be said', () => {
  const args =
    '--duration 1.5h --size 720x1280 --fps 60 --bitrate 8000 --mobile --ready-timeout 60 --hls dir --json --steady-rate --no-sandbox';
  assert.deepEqual(parseRecordArgs([...args.split(' '), '--out=x/b.mp4', 'https://example.org']), {
    ...{ url: 'https://example.org/', out: 'x/b.mp4', durationMs: 5_400_000, width: 720, height: 1280, fps: 60 },
    ...{
      bitrateKbps: 8000,
      mobile: true,
      readyTimeoutS: 60,
      hls: 'dir',
      json: true,
      steadyRate: true,
      noSandbox: true,
    },
  });
});

test('a duration has a unit, seconds when there is none', () => {
  const ms = (text: string) => parseRecordArgs([...GOOD, '--duration', text]).durationMs;
  assert.deepEqual(['90', '90s', '0.5s', '250ms', '10m', '2h'].map(ms), [90_000, 90_000, 500, 250, 600_000, 7_200_000]);
});

test('the ends of each range are in it', () => {
  const order = (...more: string[]) => parseRecordArgs([...GOOD, ...more]);
  for (const size of ['240x240', '1920x1080', '1080x1920', '1920x240']) order('--size', size);
  for (const fps of ['5', '60']) assert.equal(order('--fps', fps).fps, Number(fps));
  for (const bitrate of ['50', '8000']) assert.equal(order('--bitrate', bitrate).bitrateKbps, Number(bitrate));
  for (const seconds of ['0', '60']) assert.equal(order('--ready-timeout', seconds).readyTimeoutS, Number(seconds));
});

/** Wrong arguments, each with the whole message. */
const WRONG: readonly (readonly [string[], string])[] = [
  [['--out', 'a.mp4'], 'expected one URL, got none'],
  [[...GOOD, 'http://b/'], `expected one URL, got ${URL} http://b/`],
  [[URL], 'expected --out FILE.mp4, got none'],
  [[URL, '--out='], 'expected --out FILE.mp4, got none'],
  [[URL, '--out', 'a.mkv'], 'expected --out with a name that ends with .mp4, got a.mkv'],
  [
    ['file:///etc/passwd', '--out', 'a.mp4'],
    'expected a URL that begins with http:// or https://, got file:///etc/passwd',
  ],
  [['example.org', '--out', 'a.mp4'], 'expected a URL that begins with http:// or https://, got example.org'],
  ...['0', '0s', '-5', '5x', 's', '1e3', '', '5 s'].map(
    (text) =>
      [
        [...GOOD, `--duration=${text}`],
        `expected --duration as a number with ms, s, m or h (90s, 1.5h), got ${text}`,
      ] as const satisfies [string[], string],
  ),
  [[...GOOD, '--size', '1280'], 'expected --size as WIDTHxHEIGHT (1280x720), got 1280'],
  [[...GOOD, '--size', '1280*720'], 'expected --size as WIDTHxHEIGHT (1280x720), got 1280*720'],
  [[...GOOD, '--size', '239x720'], 'expected width as a whole number from 240 to 1920, got 239'],
  [[...GOOD, '--size', '720x1921'], 'expected height as a whole number from 240 to 1920, got 1921'],
  [[...GOOD, '--size', '1920x1081'], 'expected --size of at most 1920x1080 pixels in all, got 1920x1081'],
  [[...GOOD, '--fps', '4'], 'expected --fps as a whole number from 5 to 60, got 4'],
  [[...GOOD, '--fps', '29.97'], 'expected --fps as a whole number from 5 to 60, got 29.97'],
  [[...GOOD, '--fps', '0x1e'], 'expected --fps as a whole number from 5 to 60, got 0x1e'],
  [[...GOOD, '--bitrate', '8001'], 'expected --bitrate as a whole number from 50 to 8000, got 8001'],
  [[...GOOD, '--bitrate', '2M'], 'expected --bitrate as a whole number from 50 to 8000, got 2M'],
  [[...GOOD, '--ready-timeout', '61'], 'expected --ready-timeout as a whole number from 0 to 60, got 61'],
];

function failure(args: readonly string[]): RecorderError {
  try {
    parseRecordArgs(args);
  } catch (error) {
    assert.ok(error instanceof RecorderError);
    return error;
  }
  assert.fail(`${args.join(' ')} was taken`);
}

describe('what is wrong is told with what was expected and what came', () => {
  for (const [args, message] of WRONG) {
    test(message || args.join(' '), () => {
      const { code, message: told } = failure(args);
      assert.deepEqual({ code, told }, { code: 'request_invalid', told: message });
    });
  }
});

test('an option that there is not, or without its value, is named, in one line', () => {
  for (const [args, name] of [
    [[...GOOD, '--colour'], /--colour/],
    [[...GOOD, '--fps'], /--fps/],
    [[...GOOD, '--mobile=yes'], /--mobile/],
    [[URL, '--out', '--json'], /--out/],
    [[...GOOD, '--duration', '-5'], /--duration/],
  ] as const) {
    const { code, message } = failure(args);
    assert.equal(code, 'request_invalid');
    assert.match(message, name);
    assert.doesNotMatch(message, /\n/);
  }
});
