import { PID_AUDIO } from '../output/transport-stream.ts';
import type { SoundPlan } from '../recording/plan.ts';
import { general, transportStream } from './general-args.ts';

/** Shorter ones cost more to hand over: at 20 ms sound encoder and daemon take twice as much of a core. */
const FRAGMENT_MS = 40;

/** ffmpeg's command line for the sound of a PulseAudio source. */
export function soundArgs(source: string, sound: SoundPlan): string[] {
  return [...general, ...pulseInput(source), ...soundCodec(sound)];
}

function pulseInput(source: string): string[] {
  const fragmentBytes = FRAGMENT_MS * 48 * 2 * 2;
  return [
    ...['-f', 'pulse', '-sample_rate', '48000', '-channels', '2'],
    ...['-fragment_size', String(fragmentBytes), '-name', 'tapehead', '-i', source],
  ];
}

/** What comes behind the input. */
export function soundCodec({ channels, bitrateKbps }: SoundPlan): string[] {
  return [
    ...['-map', '0:a', '-c:a', 'aac', '-ac', String(channels), '-b:a', `${bitrateKbps}k`],
    // By its identifier sound is told from pictures, so it must not take theirs.
    ...['-streamid', `0:${PID_AUDIO}`],
    ...transportStream,
  ];
}
