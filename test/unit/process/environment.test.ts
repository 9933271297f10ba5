import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childEnvironment } from '../../../src/process/environment.ts';

/** What the function gives with this environment of ours. */
function given(env: Readonly<Record<string, string>>, more?: Readonly<Record<string, string>>) {
  const own = process.env;
  process.env = { ...env };
  try {
    return childEnvironment('/home/x', more);
  } finally {
    process.env = own;
  }
}

test('nothing passes but the variables that programs need', () => {
  const passing = { PATH: '/opt/bin', TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8', LC_ALL: 'C', FONTCONFIG_PATH: '/fonts' };
  const staying = {
    ...{ TAPEHEAD_CREDENTIALS: 'key:secret', AWS_SECRET_ACCESS_KEY: 'x', HOME: '/root', TMPDIR: '/root/tmp' },
    ...{ NODE_OPTIONS: '--inspect', LD_PRELOAD: '/x.so', DISPLAY: ':0', PULSE_SERVER: 'x', XAUTHORITY: '/x' },
  };
  assert.deepEqual(given({ ...passing, ...staying }), { ...passing, HOME: '/home/x', TMPDIR: '/home/x' });
});

test('without any, programs are still found and text is UTF-8', () => {
  assert.deepEqual(given({}), { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/home/x', TMPDIR: '/home/x' });
});

test('what is added wins', () => {
  const { DISPLAY, LANG } = given({ LANG: 'fr_FR' }, { DISPLAY: ':4', LANG: 'C' });
  assert.deepEqual([DISPLAY, LANG], [':4', 'C']);
});
