import { type MediaPlan, refreshRate } from '../recording/plan.ts';
import { TICKS_PER_SECOND } from './transport-stream.ts';

export type TrackKind = 'video' | 'audio';

/** The tracks of a recording: picture, sound, or both. */
export interface Tracks {
  /** At least one, the leading one first. */
  readonly kinds: readonly TrackKind[];
  /** The one that takes and slices begin and end with: the picture, if there is one. */
  readonly lead: TrackKind;
  /** From one frame of the leading track to the next, in ticks. */
  readonly interval: number;
  /** How exactly a take can begin, in ticks: the interval, or less for the slowest pictures. */
  readonly grain: number;
}

/** One block of sound: 1024 samples at 48 kHz. */
export const SOUND_TICKS = (1024 / 48_000) * TICKS_PER_SECOND;

export function tracksOf({ picture, sound }: MediaPlan): Tracks {
  if (!picture) return { kinds: ['audio'], lead: 'audio', interval: SOUND_TICKS, grain: SOUND_TICKS };
  return {
    kinds: sound ? ['video', 'audio'] : ['video'],
    lead: 'video',
    interval: TICKS_PER_SECOND / picture.fps,
    grain: TICKS_PER_SECOND / refreshRate(picture.fps),
  };
}
