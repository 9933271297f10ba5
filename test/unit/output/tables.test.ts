import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTables } from '../../../src/output/tables.ts';
import { PACKET, PID_PAT, PID_PMT, readHead } from '../../../src/output/transport-stream.ts';

test('the tables are two packets, the programmes and their streams', () => {
  const tables = buildTables({ kinds: ['video', 'audio'] });
  assert.equal(tables.length, 2 * PACKET);
  const pids = [tables.subarray(0, PACKET), tables.subarray(PACKET)].map((packet) => readHead(packet));
  assert.deepEqual(
    pids.map(({ pid, start }) => [pid, start]),
    [
      [PID_PAT, true],
      [PID_PMT, true],
    ],
  );
});

test("the programmes are those that ffmpeg's own muxer writes, checksum and all", () => {
  const written = '4740001000' + '00b00d0001c100000001f0002ab104b2';
  assert.equal(buildTables({ kinds: ['audio'] }).toString('hex', 0, written.length / 2), written);
});

test('the streams of picture and sound, the clock with the sound; of a picture alone with the picture', () => {
  const hex = (kinds: readonly ('video' | 'audio')[]) => buildTables({ kinds }).toString('hex', PACKET);
  // The same bytes as of ffmpeg's muxer, but for clock and checksum.
  assert.match(hex(['video', 'audio']), /^475000100002b0170001c10000e101f0001be100f0000fe101f000/);
  assert.match(hex(['video']), /^475000100002b0120001c10000e100f0001be100f000/);
});
