import { KEY_FRAME_S } from '../encode/key-frames.ts';
import { Stretches } from './stretches.ts';

/** A still screen ends in a cycle of one or two sizes; rate control lets them waver by a few bytes. */
const SAME_BYTES = 8;
/** A picture in which nothing changed has 40 to 130 bytes; what fits in here beside that is hardly seen. */
const NOTHING_BYTES = 150;
/** A change that costs less is a detail: a blinking cursor, or rate control at work on a still screen. */
const DETAIL_BYTES = 500;
const DETAIL_SHARE = 1 / 20;
/** From one colour to another a whole screen changes for less than that: a detail costs less than half of a key frame. */
const MOST_DETAIL_SHARE = 1 / 2;
/** A still screen is drawn finer and finer for a while after a key frame; pictures of it stay below this share of it. */
const REFINING_SHARE = 1 / 4;
/** Details and refining must have come to rest within this time. */
const UNREST_MS = 4_000;
/** A key frame that is due waits for a picture that has been drawn; after one that waited the next one seems early. */
const EARLY_MS = 250;
/** How far back the moment is looked for from which on the screen stood still. */
const ONSET_MS = 2_000;
/** Key frames of one still screen: rate control lets them grow a good deal, but hardly shrink; the stream's first has 700 bytes more. */
const ALIKE = { within: 1_000, least: 0.6, most: 8 };

interface Picture {
  readonly atMs: number;
  readonly bytes: number;
}

const NONE: Picture = { atMs: Number.NEGATIVE_INFINITY, bytes: 0 };

/**
 * Finds stretches in which the screen stands still, but for the smallest details, by the sizes of encoded pictures. An encoder
 * that sees the same picture over and over ends in a fixed point: each size is that of one of the two before, or next to nothing.
 * Moving pictures, however small, do not do that for long. Below some ten frames per second a picture full of detail does not
 * come to rest between key frames and is not found. Where pictures come only when something has been drawn, the time without
 * them tells.
 */
export class StillWatch {
  readonly stretches = new Stretches();
  /** Since when each picture has been like the ones before. */
  runFromMs = 0;
  readonly #settledAfter: number;
  readonly #intervalMs: number;
  #keyEveryMs = 0;
  /** Of the last two seconds, key frames left out. */
  readonly #recent: Picture[] = [];
  #run = 0;
  #key = NONE;
  /** Last key frame that was due; others are put in where the screen changes. */
  #dueKeyMs = NONE.atMs;
  #cutMs = NONE.atMs;
  #afterKey = false;
  #refining = false;
  /** What comes next has been drawn, whatever its size. */
  #rested = false;
  /** Last picture that came after a rest. */
  #drawnMs = NONE.atMs;
  /** It was more than a detail. */
  #drewMuch = false;
  #lastStillMs = 0;
  /** Largest picture since then. */
  #largest = NONE;

  constructor(fps: number) {
    this.#settledAfter = Math.min(6, Math.max(3, Math.round(fps / 3)));
    this.#intervalMs = 1000 / fps;
    this.keyEveryS = KEY_FRAME_S;
  }

  /** From one key frame that is due to the next. */
  set keyEveryS(seconds: number) {
    this.#keyEveryMs = seconds * 1000 - this.#intervalMs - EARLY_MS;
  }

  keyFrame(bytes: number, atMs: number): void {
    const due = atMs - this.#dueKeyMs >= this.#keyEveryMs;
    if (due) this.#dueKeyMs = atMs;
    // What a key frame that is due shows anew cannot be told from its size; most likely as much as was drawn the last time.
    if (!due || (this.#rested && this.#drewMuch)) this.#changedAt(atMs);
    if (this.stretches.open && !isAlike(bytes, this.#key.bytes)) this.#split(atMs);
    this.#key = { atMs, bytes };
    this.#rested = false;
    this.#afterKey = true;
    this.#refining = true;
  }

  /** Any other picture. */
  picture(bytes: number, atMs: number): void {
    const before = this.#recent.slice(-2);
    const like = before.length === 0 || before.some((one) => Math.abs(one.bytes - bytes) <= SAME_BYTES);
    const same = !this.#rested && (like || bytes <= NOTHING_BYTES);
    this.#run = same ? this.#run + 1 : 0;
    if (!same) this.runFromMs = atMs;
    else if (before.length === 0) this.runFromMs = this.#key.atMs;
    this.#remember({ bytes, atMs });
    const moves = !same && this.#moves(bytes, atMs);
    if (this.#run >= this.#settledAfter) this.#settled(atMs);
    else if (this.stretches.open && moves) this.stretches.end(this.#largest.atMs);
    if (this.#rested) this.#drawn(atMs, moves);
    this.#afterKey = false;
  }

  /** One that shows nothing that the one before did not. */
  repeat({ key, bytes, atMs }: Picture & { readonly key: boolean }): void {
    if (!key) return;
    this.#dueKeyMs = atMs;
    if (this.stretches.open && this.runFromMs > this.#key.atMs && !isAlike(bytes, this.#key.bytes)) this.#split(atMs);
    this.#key = { atMs, bytes };
  }

  /** From one picture to the next nothing was drawn. */
  rest(toMs: number): void {
    this.#settled(toMs);
    this.#rested = true;
  }

  #drawn(atMs: number, much: boolean): void {
    this.#rested = false;
    this.#drawnMs = atMs;
    this.#drewMuch = much;
  }

  /** What follows is of another time: the recording was held. */
  interrupted(atMs: number): void {
    this.#dueKeyMs = NONE.atMs;
    this.#rested = false;
    this.#changedAt(atMs);
  }

  #changedAt(atMs: number): void {
    this.stretches.end(atMs);
    this.#recent.length = 0;
    this.#run = 0;
    this.runFromMs = atMs;
    this.#cutMs = atMs;
  }

  #remember(picture: Picture): void {
    this.#recent.push(picture);
    while ((this.#recent[0] ?? picture).atMs < picture.atMs - ONSET_MS) this.#recent.shift();
    if (picture.bytes > this.#largest.bytes) this.#largest = picture;
  }

  #settled(atMs: number): void {
    this.stretches.begin(this.#onsetMs());
    this.#refining = false;
    this.#lastStillMs = atMs;
    this.#largest = NONE;
  }

  /** More than details, or without coming to rest. */
  #moves(bytes: number, atMs: number): boolean {
    return bytes > this.#mostDetail() || atMs - this.#lastStillMs > UNREST_MS;
  }

  #mostDetail(): number {
    const whole = this.#key.bytes;
    // The screen was as fine as it gets: there is nothing in it but what has been drawn.
    if (this.#rested) return Math.min(DETAIL_BYTES, MOST_DETAIL_SHARE * whole);
    const refining = this.#refining && !this.#afterKey;
    return Math.max(DETAIL_BYTES, (refining ? REFINING_SHARE : DETAIL_SHARE) * whole);
  }

  /** One still screen was replaced by another at so little cost that only the next key frame tells. */
  #split(keyAtMs: number): void {
    const atMs = this.runFromMs;
    if (atMs <= this.#key.atMs) this.#changedAt(keyAtMs);
    else {
      this.stretches.end(atMs);
      this.stretches.begin(atMs);
    }
  }

  /** Where the screen was cut to another one, or else after the last large picture: what came then was only drawn finer. */
  #onsetMs(): number {
    if (this.#drawnMs === this.runFromMs) return this.runFromMs;
    if (this.#cutMs > this.runFromMs - ONSET_MS) return this.#cutMs;
    const before = this.#recent.filter(({ atMs }) => atMs < this.runFromMs);
    const large = before.reduce((most, { bytes }) => Math.max(most, bytes), 0) / 2;
    const last = before.findLastIndex(({ bytes }) => bytes > large);
    return before[last + 1]?.atMs ?? this.runFromMs;
  }
}

function isAlike(bytes: number, before: number): boolean {
  const ratio = bytes / before;
  return Math.abs(bytes - before) < ALIKE.within || (ratio > ALIKE.least && ratio < ALIKE.most);
}
