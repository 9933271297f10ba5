import { TICKS_PER_SECOND } from '../output/transport-stream.ts';
import { type PicturePlan, refreshRate } from '../recording/plan.ts';

/**
 * How much later sound beside a picture is put than it was captured, in ticks.
 *
 * Measured, not derived (`npm run bench -- sync`, with `--page-sync naive` and `media`): the slower the display, the later the
 * picture is captured after its page drew it. Between a page that starts its sounds in the callback that draws, and one whose
 * pictures follow a media element, lie 40 to 55 ms; this is a third of the way from the first to the second.
 */
export function soundShift(picture: Pick<PicturePlan, 'fps'> | null): number {
  return picture ? (PICTURE_FRAMES / refreshRate(picture.fps) - SOUND_S) * TICKS_PER_SECOND : 0;
}

const PICTURE_FRAMES = 1.2;
const SOUND_S = 0.008;
