/** Names of a recording's files, as the API fixes them. */
export function playlistName(stem: string): string {
  return `${stem}.m3u8`;
}

export function sliceName(stem: string, startMs: number): string {
  return `${stem}_${utcStamp(startMs)}.ts`;
}

export function mp4Name(stem: string, part: number): string {
  return `${stem}_${part}.mp4`;
}

/** A moment as 17 digits: YYYYMMDDHHMMSSmmm, UTC. */
export function utcStamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\D/g, '');
}
