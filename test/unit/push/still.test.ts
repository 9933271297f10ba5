import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { firstEncoder } from '../../../src/encode/codecs.ts';
import { RecorderError } from '../../../src/errors.ts';
import { NAL, nalType, nalUnits, payloadOf } from '../../../src/push/elementary.ts';
import { blackStill } from '../../../src/push/still.ts';
import { STANDALONE } from '../../../src/recording/plan.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { encodeMedia } from '../../support/rtmp-media.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const ENCODER = firstEncoder(STANDALONE.encoding);

for (const [width, height, fps, bitrateKbps] of [
  [320, 180, 10, 500],
  [641, 361, 15, 1500],
  [1280, 720, 30, 2000],
] as const) {
  test(`at ${width}x${height}, ${fps} fps, it is one black key frame with the parameters of the encoder's`, async () => {
    await using folder = await makeTempFolder();
    const picture = { width, height, fps, bitrateKbps };
    const still = await blackStill({ picture, encoder: ENCODER, folder: folder.path, identity: null });
    const units = nalUnits(still);
    assert.ok(units.some((unit) => nalType(unit) === NAL.keySlice));
    const even = { ...picture, width: width - (width % 2), height: height - (height % 2) };
    const { frames } = await encodeMedia(0.5, even);
    const parametersOf = (all: readonly Buffer[]) =>
      all.filter((unit) => nalType(unit) === NAL.parameters || nalType(unit) === NAL.pictureParameters);
    assert.deepEqual(parametersOf(units), parametersOf(nalUnits(payloadOf(frames[0]?.packets ?? Buffer.of()))));
    await writeFile(folder.file('still.h264'), still);
    const pixels = await ffmpegOutput([
      '-i',
      folder.file('still.h264'),
      '-f',
      'rawvideo',
      '-pix_fmt',
      'gray',
      'pipe:1',
    ]);
    assert.equal(pixels.length, even.width * even.height);
    assert.ok(pixels.every((luma) => luma <= 1));
  });
}

test('when it cannot be made the encoder is quoted', async () => {
  const picture = { width: 0, height: 0, fps: 10, bitrateKbps: 500 };
  await assert.rejects(
    blackStill({ picture, encoder: ENCODER, folder: '/tmp', identity: null }),
    (error) => error instanceof RecorderError && error.code === 'encoder_failed' && error.message.includes('still'),
  );
});
