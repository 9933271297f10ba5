import { PACKET } from '../output/transport-stream.ts';

const HEAD = 4;
const ADAPTATION = 0x20;

/** Bytes that the packets of a frame carry, with the frame's own head (14 bytes) and without what fills the packets up. */
export function payloadBytes(packets: Buffer): number {
  let bytes = 0;
  for (let at = 0; at < packets.length; at += PACKET) {
    const adaptation = (packets[at + 3] ?? 0) & ADAPTATION ? 1 + (packets[at + 4] ?? 0) : 0;
    bytes += PACKET - HEAD - adaptation;
  }
  return bytes;
}
