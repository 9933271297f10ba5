import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EncodingOptions, Encodings } from '../../../src/node/encodings.ts';

const HD = { width: 1280, height: 720, fps: 30, bitrateKbps: 2000 };
const SETTINGS = {
  capture: 'x11grab',
  steadyRate: true,
  encoder: 'x264',
  vaapiDevice: '/nowhere',
  preset: 'auto',
} as const;

function open(settings: Partial<EncodingOptions['settings']> = {}, unpromised = 64): Encodings {
  return Encodings.open({
    ...{ settings: { ...SETTINGS, ...settings }, identity: null, log: () => {} },
    unpromisedCores: () => unpromised,
  });
}

test('what is configured stays so', async () => {
  await using encodings = open({ preset: 'faster' }, 0);
  assert.deepEqual(encodings.encodingFor(HD), {
    capture: 'x11grab',
    steadyRate: true,
    hardware: null,
    preset: 'faster',
  });
});

test('what is promised to other recordings is no room, though they may not take it yet', async () => {
  await using encodings = open({}, 0.1);
  assert.equal(encodings.encodingFor(HD).preset, 'ultrafast');
});

test('as long as nothing has been measured the usual preset has its room', async () => {
  await using encodings = open();
  assert.notEqual(encodings.encodingFor(HD).preset, 'ultrafast');
  assert.equal(encodings.encodingFor(null).preset, 'superfast');
});
