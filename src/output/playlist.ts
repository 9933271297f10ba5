import type { Size } from '../types.ts';
import type { Slice } from './journal.ts';
import { utcStamp } from './names.ts';
import { TICKS_PER_SECOND } from './transport-stream.ts';

export interface PlaylistOptions {
  /** The recording is over: no slice will follow. */
  readonly ended: boolean;
  /** Null: sound only. */
  readonly picture: Size | null;
  readonly sound: boolean;
}

/**
 * The media playlist (HLS version 3, RFC 8216) of these slices, with the tags of Agora's own:
 * what was tracked from when, and the picture's size.
 */
export function buildPlaylist(slices: readonly Slice[], options: PlaylistOptions): string {
  const longest = slices.reduce((most, slice) => Math.max(most, seconds(slice)), 0);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    '#EXT-X-ALLOW-CACHE:YES',
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-TARGETDURATION:${Math.max(TARGET_S, Math.round(longest))}`,
    ...slices.flatMap((slice) => sliceLines(slice, options)),
    ...(options.ended ? ['#EXT-X-ENDLIST'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Fixed from the start, as players ask of a growing playlist: slices end at the first key frame after some 15 seconds, 5 later at most. */
const TARGET_S = 20;

function sliceLines(slice: Slice, { picture, sound }: PlaylistOptions): string[] {
  const time = utcStamp(slice.startMs);
  const track = (type: string) => `#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=${type},TIME=${time}`;
  const fresh = [
    '#EXT-X-DISCONTINUITY',
    ...(sound ? [track('AUDIO')] : []),
    ...(picture ? [track('VIDEO')] : []),
    ...(picture ? [`#EXT-X-AGORA-ROTATE:WIDTH=${picture.width},HEIGHT=${picture.height},ROTATE=0,TIME=${time}`] : []),
  ];
  return [...(slice.discontinuity ? fresh : []), `#EXTINF:${seconds(slice).toFixed(6)},`, slice.name];
}

function seconds({ mediaStart, mediaEnd }: Slice): number {
  return (mediaEnd - mediaStart) / TICKS_PER_SECOND;
}
