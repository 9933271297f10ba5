import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import { type RecordingPlan, refreshRate } from '../recording/plan.ts';
import type { CaptureKind } from '../recording/status.ts';

/**
 * How much later sound beside a picture is put than it was captured, in ticks; below zero: earlier.
 *
 * Measured, not derived: the slower the display, the later the picture is captured after its page drew it. For pages of users
 * (`npm run bench -- sync`, with `--page-sync naive` and `media`): between one that starts its sounds in the callback that draws,
 * and one whose pictures follow a media element, lie 40 to 55 ms; this is a third of the way from the first to the second. On the
 * page of a channel (`npm run bench -- composite`) pictures are drawn as they come, while sound goes through the mixer.
 */
export function soundShift(
  { picture, channel }: Pick<RecordingPlan, 'picture' | 'channel'>,
  capture: CaptureKind | null,
): number {
  if (!picture || capture === null) return 0;
  const soundS = channel ? MIXED_SOUND_S : SOUND_S;
  return (PICTURE_FRAMES[capture] / refreshRate(picture.fps) - soundS) * TICKS_PER_SECOND;
}

const PICTURE_FRAMES: Readonly<Record<CaptureKind, number>> = { x11grab: 1.2, damage: 1.0 };
const SOUND_S = 0.008;
const MIXED_SOUND_S = 0.146;
