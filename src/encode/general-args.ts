/** Times are those of capture, UTC. By default each stream would start at zero. */
export const general = ['-hide_banner', '-nostats', '-loglevel', 'info', '-copyts'];

/** One transport stream on descriptor 1, each frame written as soon as it is there. */
export const transportStream = [
  // No delay and the least payload: the muxer then writes each block of sound by itself, to be kept or left by itself.
  ...['-muxdelay', '0', '-muxpreload', '0', '-pes_payload_size', '0'],
  ...['-mpegts_copyts', '1', '-flush_packets', '1', '-f', 'mpegts', 'pipe:1'],
];
