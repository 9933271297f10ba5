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
  const { frames, soundS } = LATENESS[capture];
  const mixedS = channel ? MIXER_S : 0;
  return (frames / refreshRate(picture.fps) - soundS - mixedS) * TICKS_PER_SECOND;
}

/** How many frames of the display the picture is late, and how many seconds the sound. */
const LATENESS: Readonly<Record<CaptureKind, { readonly frames: number; readonly soundS: number }>> = {
  x11grab: { frames: 1.2, soundS: 0.008 },
  damage: { frames: 1, soundS: 0.02 },
};
/** What the mixer of a channel's page adds to the sound. */
const MIXER_S = 0.138;
