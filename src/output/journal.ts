import { appendFile, readFile } from 'node:fs/promises';

/** One slice: what playlist and MP4 are made from. Times in 90 kHz ticks of the recording's clock. */
export interface Slice {
  readonly name: string;
  /** Wall time of its first picture, UTC ms. */
  readonly startMs: number;
  readonly mediaStart: number;
  readonly mediaEnd: number;
  readonly bytes: number;
  /** Something was left out before it: a hold, or a lost encoder. The first slice has it too. */
  readonly discontinuity: boolean;
  /** Number of the MP4 that it belongs to. */
  readonly part: number;
}

export type OpenSlice = Omit<Slice, 'mediaEnd' | 'bytes'>;

type Entry = { readonly opened: OpenSlice } | { readonly closed: { name: string; mediaEnd: number; bytes: number } };

/**
 * The written memory of a recording's slices, one line at each opening and closing, so that a recording whose process
 * died can be finished by another.
 */
export class Journal {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async opened(slice: OpenSlice): Promise<void> {
    await this.#append({ opened: slice });
  }

  async closed({ name, mediaEnd, bytes }: Slice): Promise<void> {
    await this.#append({ closed: { name, mediaEnd, bytes } });
  }

  async #append(entry: Entry): Promise<void> {
    // The line's end comes first: it also ends a line that a dying process left unfinished.
    await appendFile(this.#path, `\n${JSON.stringify(entry)}`);
  }

  /** @returns the complete slices in order, and the one that was being written, if any. Empty when there is no journal. */
  async read(): Promise<{ slices: Slice[]; open: OpenSlice | null }> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return parseJournal(text);
  }
}

/** A line cut off was being written when a process died and says nothing. */
export function parseJournal(text: string): { slices: Slice[]; open: OpenSlice | null } {
  const slices: Slice[] = [];
  let open: OpenSlice | null = null;
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (!entry) continue;
    if ('opened' in entry) {
      open = entry.opened;
    } else if (open && open.name === entry.closed.name) {
      slices.push({ ...open, ...entry.closed });
      open = null;
    }
  }
  return { slices, open };
}

function parseLine(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return null;
  }
}
