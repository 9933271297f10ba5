import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { type AmfObject, decodeAmf } from '../../../src/push/amf.ts';
import { MESSAGE } from '../../../src/push/chunks.ts';
import { aacBlocks, nalType, nalUnits, payloadOf } from '../../../src/push/elementary.ts';
import { metadata, silence } from '../../../src/push/flv.ts';
import type { Sample } from '../../../src/push/sample.ts';
import { Timeline } from '../../../src/push/timeline.ts';
import { readMedia } from '../../probe/media.ts';
import { readSound } from '../../probe/sound.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import {
  decoderComplaints,
  encodeMedia,
  PICTURE,
  receivedIn,
  referencePackets,
  SOUND,
} from '../../support/rtmp-media.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const SECONDS = 5;
const media = await encodeMedia(SECONDS);

/** An FLV file of messages, made by hand (Adobe Flash Video File Format 10.1, annex E). */
function flvFile(samples: readonly Sample[]): Buffer {
  const headers = new Set<Buffer>();
  const tags = samples.flatMap(({ kind, ms, body, header }) => {
    const fresh = !headers.has(header);
    headers.add(header);
    return [...(fresh ? [tag(kind, ms, header)] : []), tag(kind, ms, body)];
  });
  return Buffer.concat([Buffer.from('FLV\x01\x05\0\0\0\x09\0\0\0\0', 'latin1'), ...tags]);
}

function tag(kind: Sample['kind'], ms: number, body: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(MESSAGE[kind], 0);
  head.writeUIntBE(body.length, 1, 3);
  head.writeUIntBE(Math.round(ms) & 0xffffff, 4, 3);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(head.length + body.length);
  return Buffer.concat([head, body, size]);
}

/** All of the stream, as it would be sent by a recording that begins at zero. */
function samplesOf(): Sample[] {
  const timeline = new Timeline({ picture: PICTURE, sound: SOUND }, 0);
  const first = media.frames[0]?.mediaTime ?? 0;
  const samples = media.frames.flatMap((frame) => timeline.frame(frame, (frame.mediaTime - first) / 90));
  return [...samples, ...timeline.flush()];
}

test('each picture and block of sound is, byte by byte, what ffmpeg puts into FLV', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('ours.flv');
  await writeFile(file, flvFile(samplesOf()));
  const [{ time: begin = 0 } = {}] = await referencePackets(media, 'video');
  for (const kind of ['video', 'audio'] as const) {
    const ours = await receivedIn(file, kind);
    // A recording begins with its first picture; the encoder's sound begins a block before.
    const reference = (await referencePackets(media, kind)).filter(({ time }) => time > begin - 0.001);
    assert.ok(reference.length >= (kind === 'video' ? 10 : 46) * SECONDS);
    assert.deepEqual(
      ours.map(({ hash, key }) => ({ hash, key })),
      reference.map(({ hash, key }) => ({ hash, key })),
    );
    for (const [i, { time }] of ours.entries()) {
      assert.ok(Math.abs(time + begin - (reference[i]?.time ?? Number.NaN)) < 0.003, `${kind} ${i} is at ${time}`);
    }
  }
});

test('a player finds size, rate and codecs in the headers, and decodes all of it', async () => {
  await using folder = await makeTempFolder();
  const file = folder.file('ours.flv');
  await writeFile(file, flvFile(samplesOf()));
  const { video, audio } = await readMedia(file);
  assert.partialDeepStrictEqual(video, { codec: 'h264', profile: 'High', width: 320, height: 180 });
  assert.partialDeepStrictEqual(audio, { codec: 'aac', profile: 'LC', channels: 1, rate: 48_000 });
  assert.equal(await decoderComplaints(file), '');
});

test('the decoder gets the same header of the picture as from ffmpeg', async () => {
  await using folder = await makeTempFolder();
  await writeFile(folder.file('stream.ts'), media.stream);
  const flv = await ffmpegOutput(['-i', folder.file('stream.ts'), '-c', 'copy', '-f', 'flv', 'pipe:1']);
  const header = samplesOf().find(({ kind }) => kind === 'video')?.header ?? Buffer.of();
  assert.ok(header.length > 30);
  assert.ok(flv.includes(header));
});

for (const channels of [1, 2] as const) {
  test(`the silence of ${channels} channel(s) is what the encoder makes of silence, and silent`, async () => {
    const args = ['-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=stereo', '-t', '1', '-c:a', 'aac', '-ac', String(channels)];
    const blocks = aacBlocks(await ffmpegOutput([...args, '-f', 'adts', 'pipe:1']));
    const block = silence(channels).subarray(2);
    assert.ok(blocks.slice(1).every(({ payload }) => payload.equals(block)));
    await using folder = await makeTempFolder();
    const timeline = new Timeline({ picture: PICTURE, sound: { channels, bitrateKbps: 48 } }, 0);
    const first = media.frames.find(({ key }) => key);
    assert.ok(first);
    timeline.frame(first, 0);
    const samples = [...timeline.hold(true), ...timeline.fill(0), ...timeline.fill(3000)];
    await writeFile(folder.file('silent.flv'), flvFile(samples));
    const { samples: sound, gaps } = await readSound(folder.file('silent.flv'));
    assert.ok(sound.length > 2.9 * 16_000);
    assert.deepEqual(gaps, []);
    assert.ok(sound.every((value) => value === 0));
    assert.equal(await decoderComplaints(folder.file('silent.flv')), '');
  });
}

test('a frame gives its units without the delimiter of the transport stream, sound without its own head', () => {
  const key = media.frames.find((frame) => frame.key);
  const types = nalUnits(payloadOf(key?.packets ?? Buffer.of())).map(nalType);
  assert.deepEqual([...new Set(types)], [9, 7, 8, 6, 5]);
  const sound = media.frames.find(({ kind }) => kind === 'audio');
  const [block, ...others] = aacBlocks(payloadOf(sound?.packets ?? Buffer.of()));
  assert.deepEqual(others, []);
  assert.deepEqual(block?.config, { objectType: 2, rateIndex: 3, channels: 1 });
});

test('several blocks of sound may be in one frame; what is none is an error', () => {
  const frames = media.frames.filter(({ kind }) => kind === 'audio').slice(0, 3);
  const bytes = Buffer.concat(frames.map(({ packets }) => payloadOf(packets)));
  assert.equal(aacBlocks(bytes).length, 3);
  assert.throws(() => aacBlocks(bytes.subarray(0, -1)), RangeError);
  assert.throws(() => aacBlocks(bytes.subarray(1)), RangeError);
});

test('units are found behind short and long start codes, without the zeros between them', () => {
  const bytes = Buffer.from('00000001 6742 000001 68ce80 0000 00000001 650188'.replaceAll(' ', ''), 'hex');
  assert.deepEqual(
    nalUnits(bytes).map((unit) => unit.toString('hex')),
    ['6742', '68ce80', '650188'],
  );
  assert.deepEqual(nalUnits(Buffer.from('6742', 'hex')), []);
});

test('the metadata says what is coming', () => {
  const [command, name, values] = decodeAmf(metadata(PICTURE, { channels: 2, bitrateKbps: 192 }, 48_000));
  assert.deepEqual([command, name], ['@setDataFrame', 'onMetaData']);
  assert.partialDeepStrictEqual(values as AmfObject, {
    ...{ width: 320, height: 180, framerate: 10, videodatarate: 500, videocodecid: 7 },
    ...{ audiocodecid: 10, audiosamplerate: 48_000, audiodatarate: 192, stereo: true },
  });
});
