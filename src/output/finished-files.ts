import { readdirSync } from 'node:fs';
import type { FilesPlan } from '../recording/plan.ts';
import type { RecordedFile } from '../recording/status.ts';
import { mp4Name, playlistName } from './names.ts';

/** Playlist and MP4 of a recording that was completed, as the folder shows them; when they begin is not known any more. */
export function finishedFiles({ folder, stem, hls, mp4 }: FilesPlan): RecordedFile[] {
  const names = new Set(namesIn(folder));
  const playlist = hls && names.has(playlistName(stem)) ? [playlistName(stem)] : [];
  const parts: string[] = [];
  while (mp4 && names.has(mp4Name(stem, parts.length))) parts.push(mp4Name(stem, parts.length));
  return [
    ...playlist.map((name) => ({ name, kind: 'playlist' as const, sliceStartMs: 0 })),
    ...parts.map((name) => ({ name, kind: 'mp4' as const, sliceStartMs: 0 })),
  ];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // The folder is made with the first file and removed with the last.
    return [];
  }
}
