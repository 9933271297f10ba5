import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilesPlan } from '../recording/plan.ts';

/** One slice: what playlist and MP4 are made from. Times in 90 kHz ticks of the recording's clock. */
export interface Slice {
  readonly name: string;
  /** Wall time of its first frame, UTC ms. */
  readonly startMs: number;
  readonly mediaStart: number;
  readonly mediaEnd: number;
  readonly bytes: number;
  readonly pictures: number;
  /** Places in it that should have had a picture of their own and have none. */
  readonly missing: number;
  /** Something was left out before it: a hold, or a stretch without page or encoder. The first slice has it too. */
  readonly discontinuity: boolean;
  /** Number of the MP4 that it belongs to. */
  readonly part: number;
}

/** What is known of a slice once it is whole. */
type Measure = 'mediaEnd' | 'bytes' | 'pictures' | 'missing';
export type OpenSlice = Omit<Slice, Measure>;

type Entry =
  | { readonly opened: OpenSlice }
  | { readonly closed: Pick<Slice, 'name' | Measure> }
  | { readonly assembled: number };

/** What a journal tells. */
export interface Past {
  /** Whole slices, in order. */
  readonly slices: Slice[];
  /** The one that was being written, if any. */
  readonly open: OpenSlice | null;
  /** Numbers of the MP4s that stand: their slices may be gone. */
  readonly assembled: readonly number[];
}

export function journalPath({ folder, stem }: Pick<FilesPlan, 'folder' | 'stem'>): string {
  return join(folder, `${stem}.journal`);
}

/**
 * The written memory of a recording's slices, one line at each opening and closing, so that a recording whose process
 * died can be gone on with, or finished, by another.
 */
export class Journal {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async opened(slice: OpenSlice): Promise<void> {
    await this.#append({ opened: slice });
  }

  async closed({ name, mediaEnd, bytes, pictures, missing }: Slice): Promise<void> {
    await this.#append({ closed: { name, mediaEnd, bytes, pictures, missing } });
  }

  /** The MP4 of this number is complete, and no slice will be added to it. */
  async assembled(part: number): Promise<void> {
    await this.#append({ assembled: part });
  }

  async #append(entry: Entry): Promise<void> {
    // The line's end comes first: it also ends a line that a dying process left unfinished.
    await appendFile(this.#path, `\n${JSON.stringify(entry)}`);
  }

  /** Empty when there is no journal. */
  async read(): Promise<Past> {
    const text = await readFile(this.#path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return parseJournal(text);
  }
}

/** By journals of an earlier version. */
const NOT_TOLD = { missing: 0 };

/** A line cut off was being written when a process died and says nothing. */
export function parseJournal(text: string): Past {
  const slices: Slice[] = [];
  const assembled: number[] = [];
  let open: OpenSlice | null = null;
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (!entry) continue;
    if ('opened' in entry) {
      open = entry.opened;
    } else if ('assembled' in entry) {
      assembled.push(entry.assembled);
    } else if (open && open.name === entry.closed.name) {
      slices.push({ ...NOT_TOLD, ...open, ...entry.closed });
      open = null;
    }
  }
  return { slices, open, assembled };
}

function parseLine(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return null;
  }
}
