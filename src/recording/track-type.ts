import type { MediaPlan } from './plan.ts';

/** What is in the files of a recording, as the API names it. */
export type TrackType = 'audio' | 'video' | 'audio_and_video';

export function trackTypeOf({ picture, sound }: MediaPlan): TrackType {
  if (picture === null) return 'audio';
  return sound === null ? 'video' : 'audio_and_video';
}
