import { access, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readMedia, readPackets } from './media.ts';

type TrackKind = 'video' | 'audio';

export interface Slice {
  /** As the playlist has it. */
  readonly uri: string;
  /** EXTINF in seconds. */
  readonly duration: number;
  readonly title: string;
  /** EXT-X-DISCONTINUITY stands before it. */
  readonly discontinuity: boolean;
  /** Tags before it that are neither EXTINF nor EXT-X-DISCONTINUITY, as they are. */
  readonly tags: readonly string[];
}

export interface Playlist {
  readonly version: number | null;
  readonly targetDuration: number;
  readonly mediaSequence: number;
  readonly type: string | null;
  readonly ended: boolean;
  readonly slices: readonly Slice[];
  /** Tags of the head that are none of the above, as they are. */
  readonly tags: readonly string[];
}

const HEAD = /^#EXT-X-(VERSION|TARGETDURATION|MEDIA-SEQUENCE|PLAYLIST-TYPE):(.*)$/;

/** Reads a media playlist. Throws at the first line that is against RFC 8216. */
export function parsePlaylist(text: string): Playlist {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines[0] !== '#EXTM3U') throw new Error(`line 1 must be #EXTM3U, is "${lines[0]}"`);
  const reader = new Reader();
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line === '') continue;
    const problem = reader.read(line);
    if (problem !== null) throw new Error(`line ${i + 1}: ${problem}: "${line}"`);
  }
  return reader.playlist();
}

/** What has been read so far. */
class Reader {
  readonly #head = new Map<string, string>();
  readonly #headTags: string[] = [];
  readonly #slices: Slice[] = [];
  #tags: string[] = [];
  #pending: { duration: number; title: string } | null = null;
  #discontinuity = false;
  #ended = false;

  /** Takes one line; gives what is wrong with it, or null. */
  read(line: string): string | null {
    if (line !== line.trim()) return 'spaces around';
    if (this.#ended) return 'something after EXT-X-ENDLIST';
    if (line.startsWith('#EXTINF:')) return this.#readInf(line);
    if (!line.startsWith('#')) return this.#readUri(line);
    const known = HEAD.exec(line);
    if (known !== null) return this.#readHead(known[1] as string, known[2] as string);
    if (line === '#EXT-X-DISCONTINUITY') this.#discontinuity = true;
    else if (line === '#EXT-X-ENDLIST') this.#ended = true;
    else if (line.startsWith('#EXT')) (this.#inHead ? this.#headTags : this.#tags).push(line);
    return null;
  }

  get #inHead(): boolean {
    return this.#slices.length === 0 && this.#pending === null;
  }

  #readHead(name: string, value: string): string | null {
    if (!this.#inHead) return 'belongs before the first slice';
    if (this.#head.has(name)) return 'given twice';
    this.#head.set(name, value);
    return null;
  }

  #readInf(line: string): string | null {
    if (this.#pending !== null) return 'two EXTINF without a slice between';
    this.#pending = parseInf(line);
    return this.#pending === null ? 'not a duration, a comma and a title' : null;
  }

  #readUri(uri: string): string | null {
    if (this.#pending === null) return 'slice without EXTINF';
    this.#slices.push({ uri, ...this.#pending, discontinuity: this.#discontinuity, tags: this.#tags });
    [this.#pending, this.#discontinuity, this.#tags] = [null, false, []];
    return null;
  }

  playlist(): Playlist {
    if (this.#pending !== null) throw new Error('EXTINF without a slice at the end');
    const targetDuration = integer(this.#head, 'TARGETDURATION');
    if (targetDuration === undefined) throw new Error('EXT-X-TARGETDURATION is missing');
    return {
      version: integer(this.#head, 'VERSION') ?? null,
      targetDuration,
      mediaSequence: integer(this.#head, 'MEDIA-SEQUENCE') ?? 0,
      type: this.#head.get('PLAYLIST-TYPE') ?? null,
      ended: this.#ended,
      slices: this.#slices,
      tags: this.#headTags,
    };
  }
}

function parseInf(line: string): { duration: number; title: string } | null {
  const found = /^#EXTINF:(\d+(?:\.\d+)?),(.*)$/.exec(line);
  return found === null ? null : { duration: Number(found[1]), title: found[2] as string };
}

function integer(head: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = head.get(name);
  if (value !== undefined && !/^\d+$/.test(value)) throw new Error(`EXT-X-${name} is not a whole number: "${value}"`);
  return value === undefined ? undefined : Number(value);
}

/** Rules between the lines; empty when all are kept. */
export function playlistProblems(playlist: Playlist, text: string): string[] {
  const problems: string[] = [];
  const { slices, targetDuration, version } = playlist;
  for (const { uri, duration } of slices) {
    if (Math.round(duration) > targetDuration)
      problems.push(`${uri}: ${duration} s is over the target ${targetDuration} s`);
    if (duration <= 0) problems.push(`${uri}: no duration`);
  }
  if (/^#EXTINF:\d+\.\d/m.test(text) && (version ?? 1) < 3) problems.push('fractions of seconds need version 3');
  if (new Set(slices.map(({ uri }) => uri)).size !== slices.length) problems.push('a slice is listed twice');
  if (playlist.type !== null && !/^(VOD|EVENT)$/.test(playlist.type)) problems.push(`type ${playlist.type}`);
  if (!text.endsWith('\n')) problems.push('the last line has no end');
  return problems;
}

/**
 * Checks a playlist and all its slices: they exist, are MPEG-TS beginning with PAT and PMT, begin with a key frame, last as
 * long as the playlist says, and follow each other in time unless a discontinuity is marked.
 *
 * @param tracks all that there must be, the one first that the length goes by
 */
export async function checkHls(
  file: string,
  toleranceS = 0.1,
  tracks: readonly TrackKind[] = ['video', 'audio'],
): Promise<{ playlist: Playlist; problems: string[] }> {
  const text = await readFile(file, 'utf8');
  const playlist = parsePlaylist(text);
  const problems = playlistProblems(playlist, text);
  let expected: number | null = null;
  for (const slice of playlist.slices) {
    const path = join(dirname(file), slice.uri);
    const found = await checkSlice(path, slice, toleranceS, tracks).catch((error: Error) => ({
      problem: error.message,
    }));
    if ('problem' in found) {
      problems.push(`${slice.uri}: ${found.problem}`);
      expected = null;
      continue;
    }
    problems.push(...found.problems.map((problem) => `${slice.uri}: ${problem}`));
    const jump = expected === null ? 0 : found.start - expected;
    if (!slice.discontinuity && Math.abs(jump) > toleranceS) {
      problems.push(
        `${slice.uri}: begins ${jump.toFixed(3)} s after the end of the slice before, no discontinuity marked`,
      );
    }
    expected = found.start + slice.duration;
  }
  return { playlist, problems };
}

async function checkSlice(path: string, slice: Slice, toleranceS: number, tracks: readonly TrackKind[]) {
  await access(path);
  const problems = await transportProblems(path);
  const packets = await readPackets(path, tracks[0] ?? 'video');
  const times = packets.map(({ pts }) => pts).sort((a, b) => a - b);
  const start = times[0] ?? Number.NaN;
  const last = (times.at(-1) ?? Number.NaN) - start;
  if (packets[0]?.key !== true) problems.push('does not begin with a key frame');
  // How long the last picture is shown a stream does not tell: as long as there is sound, or until another would come.
  const heard = tracks[0] === 'video' && tracks.includes('audio') ? await readPackets(path, 'audio') : packets;
  const soundEnd = Math.max(...heard.map(({ pts }) => pts)) - start + SOUND_S;
  const longest = tracks.includes('audio') ? Math.max(last, soundEnd) : last + APART_S;
  if (!(slice.duration >= last - toleranceS && slice.duration <= longest + toleranceS)) {
    problems.push(`has ${last.toFixed(3)} to ${longest.toFixed(3)} s, the playlist says ${slice.duration}`);
  }
  const media = await readMedia(path);
  for (const kind of ['video', 'audio'] as const) {
    if ((media[kind] !== null) !== tracks.includes(kind))
      problems.push(`${kind} is ${media[kind] ? 'there' : 'missing'}`);
  }
  return { start, problems };
}

/** A block of sound. */
const SOUND_S = 1024 / 48_000;
/** Where nothing changes there is a picture a second. */
const APART_S = 1;

const PACKET = 188;

/** The first two packets of a transport stream that can be played by itself, service information aside, are PAT and PMT. */
async function transportProblems(path: string): Promise<string[]> {
  await using handle = await open(path);
  const { size } = await handle.stat();
  const head = Buffer.alloc(PACKET * 4);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  const problems = size % PACKET === 0 ? [] : [`${size} bytes are no whole number of packets`];
  const packets = Array.from({ length: Math.floor(bytesRead / PACKET) }, (_, i) =>
    head.subarray(i * PACKET, (i + 1) * PACKET),
  );
  if (packets.some((packet) => packet[0] !== 0x47)) return [...problems, 'not a transport stream'];
  const [first, second] = packets.map(tableOf).filter((table) => table !== SERVICE_TABLE);
  return first === PAT && second === PMT ? problems : [...problems, `begins with tables ${first} and ${second}`];
}

const PAT = 0;
const PMT = 2;
const SERVICE_TABLE = 0x42;

/** Id of the table that begins in a packet; null when none does. */
function tableOf(packet: Buffer): number | null {
  const begins = ((packet[1] as number) & 0x40) !== 0;
  const adaptation = (packet[3] as number) & 0x20 ? (packet[4] as number) + 1 : 0;
  const payload = 4 + adaptation;
  const isPes = packet.readUIntBE(Math.min(payload, PACKET - 3), 3) === 1;
  return begins && !isPes ? (packet[payload + 1 + (packet[payload] as number)] ?? null) : null;
}
