import type { Sound } from './sound.ts';

/** A short burst of high frequencies: a waveform that jumps. */
export interface Click {
  /** Seconds on the file's own clock. */
  readonly time: number;
  /** Height of the burst above `FROM_HZ`, 0 to 1. */
  readonly height: number;
}

/** The tests' tones are all below. */
const FROM_HZ = 4500;
const TAPS = 63;
/** Bursts that are closer together are one click. */
const APART_S = 0.05;

/** Places where more than `least` is above 4.5 kHz. A step of the waveform by 0.1 comes to about 0.03. */
export function findClicks(sound: Sound, least = 0.006): Click[] {
  const high = highPass(sound);
  const clicks: Click[] = [];
  for (const [i, value] of high.entries()) {
    const height = Math.abs(value);
    if (height < least) continue;
    const time = sound.start + i / sound.rate;
    const last = clicks.at(-1);
    if (last === undefined || time - last.time > APART_S) clicks.push({ time, height });
    else if (height > last.height) clicks[clicks.length - 1] = { time: last.time, height };
  }
  return clicks;
}

/** A windowed sinc; the ends, where it does not fit, stay silent. */
function highPass({ rate, samples }: Sound): Float32Array {
  const middle = (TAPS - 1) / 2;
  const cut = FROM_HZ / rate;
  const taps = Array.from({ length: TAPS }, (_, i) => {
    const x = i - middle;
    const low = x === 0 ? 2 * cut : Math.sin(2 * Math.PI * cut * x) / (Math.PI * x);
    const blackman =
      0.42 - 0.5 * Math.cos((2 * Math.PI * i) / (TAPS - 1)) + 0.08 * Math.cos((4 * Math.PI * i) / (TAPS - 1));
    return ((x === 0 ? 1 : 0) - low) * blackman;
  });
  const high = new Float32Array(samples.length);
  for (let i = middle; i < samples.length - middle; i += 1) {
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap += 1) sum += (taps[tap] as number) * (samples[i + tap - middle] as number);
    high[i] = sum;
  }
  return high;
}
