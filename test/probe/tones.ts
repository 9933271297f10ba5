import { type Interval, type Sound, slice } from './sound.ts';

/** Below this a tone is what encoders leave of others. */
const AUDIBLE_DB = -50;
/** Half the width of a tone's peak under a Hann window, in its widths of 1/duration. */
const PEAK_BINS = 4;

/** So many tones that none is a multiple, sum or difference of others that would be taken for it. */
export function spreadTones(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 400 + 137 * i);
}

/** Which of the tones are there in a stretch of at least half a second. */
export function heardTones(sound: Sound, tones: readonly number[], stretch: Interval): number[] {
  return tones.filter((tone) => toneDb(sound, tone, stretch) > AUDIBLE_DB);
}

/** Height of a tone over a stretch; one of full scale has 0 dB. */
export function toneDb(sound: Sound, tone: number, stretch: Interval): number {
  const part = windowed(slice(sound, stretch));
  return 20 * Math.log10((4 * Math.sqrt(powerAt(part, tone / sound.rate))) / Math.max(1, part.length) + 1e-9);
}

/** What a stretch holds besides the given tones, relative to all of it: far below 0 dB where nothing is distorted. */
export function strayDb(sound: Sound, tones: readonly number[], stretch: Interval): number {
  const part = windowed(slice(sound, stretch));
  const total = part.reduce((sum, sample) => sum + sample * sample, 0);
  const bins = new Set(
    tones.flatMap((tone) => {
      const middle = Math.round((tone / sound.rate) * part.length);
      return Array.from({ length: 2 * PEAK_BINS + 1 }, (_, i) => middle - PEAK_BINS + i);
    }),
  );
  // A real signal has the same power at the negative frequencies.
  const named = [...bins].reduce((sum, bin) => sum + (2 * powerAt(part, bin / part.length)) / part.length, 0);
  return 10 * Math.log10(Math.max(1e-9, 1 - named / total));
}

/** Hann. */
function windowed(part: Float32Array): Float64Array {
  return Float64Array.from(part, (sample, i) => sample * 0.5 * (1 - Math.cos((2 * Math.PI * i) / part.length)));
}

/** Goertzel. @param frequency in periods per sample. */
function powerAt(part: Float64Array, frequency: number): number {
  const turn = 2 * Math.cos(2 * Math.PI * frequency);
  let last = 0;
  let before = 0;
  for (const sample of part) {
    const now = sample + turn * last - before;
    before = last;
    last = now;
  }
  return last * last + before * before - turn * last * before;
}
