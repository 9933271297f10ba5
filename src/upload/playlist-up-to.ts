const END = '#EXT-X-ENDLIST';

export interface StoredPlaylist {
  /** Empty when the first slice is not stored. */
  readonly text: string;
  /** It names every slice that the local playlist names. */
  readonly whole: boolean;
}

/** Names of the slices, in order. */
export function namedSlices(playlist: string): string[] {
  return playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * The local playlist as far as a reader of the store can follow it: up to the first slice that is not stored. The end is told
 * only when it is whole and the recording is over.
 *
 * @param playlist in the form of `output/playlist.ts`: what belongs to a slice stands before its name
 */
export function playlistUpTo(playlist: string, isStored: (slice: string) => boolean, over: boolean): StoredPlaylist {
  const lines = playlist.split('\n').filter((line) => line !== '' && line !== END);
  const firstMissing = lines.findIndex((line) => !line.startsWith('#') && !isStored(line));
  const whole = firstMissing === -1;
  const readable = whole ? lines : lines.slice(0, firstMissing);
  const kept = readable.slice(0, readable.findLastIndex((line) => !line.startsWith('#')) + 1);
  if (kept.length === 0) return { text: '', whole };
  const ends = whole && over && playlist.includes(END);
  return { text: `${[...kept, ...(ends ? [END] : [])].join('\n')}\n`, whole };
}
