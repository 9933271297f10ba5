import { type Interval, type Sound, slice } from './sound.ts';

export interface Beep {
  /** Seconds on the file's clock, to better than a millisecond. */
  readonly onset: number;
  readonly end: number;
  /** Height of the tone, 0 to 1. */
  readonly amplitude: number;
}

/** Below this height a tone may be what the averaging leaves of another one. */
const AUDIBLE = 0.01;
/** Shorter ones are clicks. */
const MIN_BEEP_S = 0.03;
/** Pauses shorter than this are inside a beep. */
const BRIDGE_S = 0.02;

/**
 * Where a tone of `tone` Hz begins and ends. The height of that tone alone is followed in a window of a few of its periods;
 * a beep begins where the height passes half of what the beep reaches, which for a window centred on the onset is the onset
 * itself. What an AAC encoder smears before it is far below half.
 */
export function findBeeps(sound: Sound, tone = 1000): Beep[] {
  const { rate, start } = sound;
  const height = envelope(sound, tone);
  const loudest = height.reduce((highest, value) => Math.max(highest, value), 0);
  if (loudest < AUDIBLE) return [];
  const beeps: Beep[] = [];
  for (const [from, to] of runsAbove(height, loudest / 4, BRIDGE_S * rate)) {
    if (to - from < MIN_BEEP_S * rate) continue;
    const plateau = height.slice(from, to).sort();
    const amplitude = plateau[Math.floor(plateau.length / 2)] as number;
    const first = crossing(height, from, amplitude / 2, 1);
    const last = crossing(height, to - 1, amplitude / 2, -1);
    // A beep that was going on when the sound began has no onset.
    if (first > 1) beeps.push({ onset: start + first / rate, end: start + last / rate, amplitude });
  }
  return beeps;
}

/**
 * Height of one tone over time, sample by sample: the signal turned down to 0 Hz and averaged over whole periods, twice, so
 * that little of other tones remains.
 */
function envelope({ rate, samples }: Sound, tone: number): Float32Array {
  const half = Math.max(1, Math.round((2 * rate) / tone));
  const step = (2 * Math.PI * tone) / rate;
  const turned = (part: (angle: number) => number) =>
    average(
      average(
        samples.map((sample, i) => sample * part(step * i)),
        half,
        0,
      ),
      half,
      1,
    );
  const real = turned(Math.cos);
  const imaginary = turned(Math.sin);
  return real.map((value, i) => 2 * Math.hypot(value, imaginary[i] as number));
}

/** Moving average over `2 * half` values; its centre is half a value before the place, or after it with `lean` 1. */
function average(values: Float32Array, half: number, lean: 0 | 1): Float32Array {
  const averages = new Float32Array(values.length);
  let sum = 0;
  for (let i = 0; i < values.length + half; i += 1) {
    sum += (values[i] ?? 0) - (values[i - 2 * half] ?? 0);
    const at = i - half + 1 - lean;
    if (at >= 0 && at < values.length) averages[at] = sum / (2 * half);
  }
  return averages;
}

function runsAbove(values: Float32Array, threshold: number, bridge: number): [number, number][] {
  const runs: [number, number][] = [];
  for (let i = 0; i < values.length; i += 1) {
    if ((values[i] as number) < threshold) continue;
    const last = runs.at(-1);
    if (last !== undefined && i - last[1] <= bridge) last[1] = i + 1;
    else runs.push([i, i + 1]);
  }
  return runs;
}

/** Where `values`, going from `at` on in the direction of `step`, comes to `level`; between two samples if need be. */
function crossing(values: Float32Array, at: number, level: number, step: 1 | -1): number {
  let i = at;
  while (i > 0 && i < values.length - 1 && (values[i] as number) < level) i += step;
  const here = values[i] as number;
  const before = values[i - step] ?? here;
  if (here <= level || here === before) return i;
  return i - (step * (here - level)) / (here - before);
}

/** The strongest tone of a stretch in Hz, or null where it is silent. */
export function dominantTone(sound: Sound, stretch: Interval): number | null {
  const part = slice(sound, stretch);
  const size = 2 ** Math.floor(Math.log2(Math.max(1, Math.min(part.length, 16_384))));
  if (size < 64) return null;
  const powers = spectrum(part, size);
  let best = 1;
  for (let i = 1; i < powers.length - 1; i += 1) if ((powers[i] as number) > (powers[best] as number)) best = i;
  if ((powers[best] as number) < 1e-7 * size * size) return null;
  const [a, b, c] = [best - 1, best, best + 1].map((i) => Math.log((powers[i] as number) + 1e-30));
  const shift = (0.5 * ((a as number) - (c as number))) / ((a as number) - 2 * (b as number) + (c as number));
  return ((best + shift) * sound.rate) / size;
}

/** Power per bin of the first `size` samples under a Hann window. */
function spectrum(part: Float32Array, size: number): Float64Array {
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    real[i] = (part[i] as number) * 0.5 * (1 - Math.cos((2 * Math.PI * i) / size));
  }
  transform(real, imaginary);
  const half = Float64Array.from({ length: size / 2 }, () => 0);
  return half.map((_, i) => (real[i] as number) ** 2 + (imaginary[i] as number) ** 2);
}

/** Fourier transform in place, for sizes that are powers of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j] as number, real[i] as number];
      [imaginary[i], imaginary[j]] = [imaginary[j] as number, imaginary[i] as number];
    }
  }
  for (let length = 2; length <= size; length *= 2) {
    for (let from = 0; from < size; from += length) butterfly(real, imaginary, from, length / 2);
  }
}

function butterfly(real: Float64Array, imaginary: Float64Array, from: number, half: number): void {
  for (let k = 0; k < half; k += 1) {
    const angle = (-Math.PI * k) / half;
    const [a, b] = [from + k, from + k + half];
    const x = (real[b] as number) * Math.cos(angle) - (imaginary[b] as number) * Math.sin(angle);
    const y = (real[b] as number) * Math.sin(angle) + (imaginary[b] as number) * Math.cos(angle);
    real[b] = (real[a] as number) - x;
    imaginary[b] = (imaginary[a] as number) - y;
    real[a] = (real[a] as number) + x;
    imaginary[a] = (imaginary[a] as number) + y;
  }
}
