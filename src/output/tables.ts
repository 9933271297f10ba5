import type { TrackKind, Tracks } from './tracks.ts';
import { PACKET, PID_AUDIO, PID_PAT, PID_PMT, PID_VIDEO } from './transport-stream.ts';

const PROGRAM = 1;
/** ISO/IEC 13818-1, table 2-34: what a stream holds, and where it is. */
const STREAMS = {
  video: { type: 0x1b, pid: PID_VIDEO },
  audio: { type: 0x0f, pid: PID_AUDIO },
} as const satisfies Record<TrackKind, unknown>;

/**
 * The two tables that say what a transport stream holds: picture (H.264), sound (AAC), or both. Made here, as each encoder's
 * own tables know of its own stream only.
 */
export function buildTables({ kinds }: Pick<Tracks, 'kinds'>): Buffer {
  return Buffer.concat([inPacket(PID_PAT, programs()), inPacket(PID_PMT, streams(kinds))]);
}

function programs(): Buffer {
  return section(0x00, [...word(PROGRAM), ...word(0xe000 | PID_PMT)]);
}

function streams(kinds: readonly TrackKind[]): Buffer {
  // Sound comes at a steady rate, so the clock is read there; pictures may be a second apart.
  const clock = kinds.includes('audio') ? PID_AUDIO : PID_VIDEO;
  const entries = kinds.flatMap((kind) => {
    const { type, pid } = STREAMS[kind];
    return [type, ...word(0xe000 | pid), ...word(0xf000)];
  });
  return section(0x02, [...word(0xe000 | clock), ...word(0xf000), ...entries]);
}

/** @param body what stands between the section's head and its checksum */
function section(table: number, body: readonly number[]): Buffer {
  const id = 1;
  // Version 0, current, section 0 of 0.
  const rest = [...word(id), 0xc1, 0, 0, ...body];
  const head = [table, ...word(0xb000 | (rest.length + 4))];
  const bytes = Buffer.from([...head, ...rest]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(checksum(bytes));
  return Buffer.concat([bytes, sum]);
}

function inPacket(pid: number, table: Buffer): Buffer {
  const packet = Buffer.alloc(PACKET, 0xff);
  // A payload that begins here, right behind the pointer.
  Buffer.from([0x47, ...word(0x4000 | pid), 0x10, 0]).copy(packet);
  table.copy(packet, 5);
  return packet;
}

function word(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}

/** CRC-32 of MPEG-2: not reflected, no final turn. */
function checksum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}
