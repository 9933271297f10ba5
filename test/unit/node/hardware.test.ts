import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { parseLikeness, tryEncoder } from '../../../src/node/encoder-trial.ts';
import { Hardware, type HardwareOptions } from '../../../src/node/hardware.ts';
import { makeHardwareStandIn, type StandIn } from '../../support/stand-in-ffmpeg.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const PATH = process.env['PATH'];
after(() => {
  process.env['PATH'] = PATH;
});

const untilEnd = { identity: null, signal: new AbortController().signal };

/** Opens the hardware of a machine and waits until it has been tried. */
async function opened(options: Partial<HardwareOptions>) {
  const said: string[] = [];
  const log = (details: object, text: string) => void said.push(`${text} ${JSON.stringify(details)}`);
  const hardware = Hardware.open({ encoder: 'auto', vaapiDevice: '/nowhere', identity: null, log, ...options });
  const before = hardware.encoder;
  await hardware.tried;
  return { hardware, said, before };
}

async function withStandIn(how: StandIn) {
  const folder = await makeTempFolder();
  const { env, device } = await makeHardwareStandIn(folder, how);
  process.env['PATH'] = env['PATH'];
  return { device, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a machine without a device has none, and nothing is tried or said', async () => {
  const { hardware, said } = await opened({});
  await using _ = hardware;
  assert.equal(hardware.encoder, null);
  assert.deepEqual(said, []);
});

test('x264 asked for is x264 whatever there is', async () => {
  await using standIn = await withStandIn('works');
  const { hardware, said } = await opened({ encoder: 'x264', vaapiDevice: standIn.device });
  await using _ = hardware;
  assert.equal(hardware.encoder, null);
  assert.deepEqual(said, []);
});

test('one that passes the trial is there when the trial is over, and no more after it failed', async () => {
  await using standIn = await withStandIn('works');
  const { hardware, said, before } = await opened({ vaapiDevice: standIn.device });
  await using _ = hardware;
  assert.equal(before, null);
  assert.deepEqual(hardware.encoder, { kind: 'vaapi', device: standIn.device });
  hardware.failed();
  hardware.failed();
  assert.equal(hardware.encoder, null);
  assert.equal(said.length, 2);
});

test('ten minutes after a failure it is tried anew', async (t) => {
  await using standIn = await withStandIn('works');
  const { hardware } = await opened({ vaapiDevice: standIn.device });
  await using _ = hardware;
  const kind = () => hardware.encoder?.kind;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  hardware.failed();
  t.mock.timers.tick(599_999);
  await hardware.tried;
  assert.equal(kind(), undefined);
  t.mock.timers.tick(1);
  await hardware.tried;
  assert.equal(kind(), 'vaapi');
});

describe('what fails the trial is not used, and the log has the reason', () => {
  for (const [how, reason] of [
    ['fails', /no such hardware/],
    ['garbles', /expected pictures like those that went in/],
  ] as const)
    test(how, async () => {
      await using standIn = await withStandIn(how);
      const { hardware, said } = await opened({ vaapiDevice: standIn.device });
      await using _ = hardware;
      assert.equal(hardware.encoder, null);
      assert.match(said.join('\n'), reason);
    });

  test('a device that is none, tried by the real ffmpeg', async () => {
    process.env['PATH'] = PATH;
    await using folder = await makeTempFolder();
    const vaapi = await opened({ encoder: 'vaapi', vaapiDevice: folder.file('none') });
    await using _vaapi = vaapi.hardware;
    assert.equal(vaapi.hardware.encoder, null);
    assert.match(vaapi.said.join('\n'), /"vaapi".*ended with code/);
  });
});

test('a trial ends with the service', async () => {
  await using standIn = await withStandIn('works');
  const hardware = Hardware.open({
    ...{ encoder: 'vaapi', vaapiDevice: standIn.device, identity: null },
    log: (_, text) => assert.fail(text),
  });
  await hardware[Symbol.asyncDispose]();
  assert.equal(hardware.encoder, null);
});

test('a trial that is given up throws', async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(tryEncoder({ kind: 'nvenc', device: null }, { ...untilEnd, signal }));
});

test('the likeness of each picture is read from the table', () => {
  const table = `n:1 Y:0.991 U:0.98 V:0.98 All:0.987654 (19.1)\nn:2 Y:1.0 U:1.0 V:1.0 All:1.000000 (inf)\n`;
  assert.deepEqual(parseLikeness(table), [0.987654, 1]);
  assert.deepEqual(parseLikeness(''), []);
});
