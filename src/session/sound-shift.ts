import { TICKS_PER_SECOND } from '../output/transport-stream.ts';

/**
 * How much later sound is put than it was captured, in ticks.
 *
 * Measured, not derived (`npm run bench -- sync`, with `--page-sync naive` and `media`): the slower the display, the later the
 * picture is captured after its page drew it. Between a page that starts its sounds in the callback that draws, and one whose
 * pictures follow a media element, lie 40 to 55 ms; this is a third of the way from the first to the second.
 */
export function soundShift(fps: number): number {
  return (PICTURE_FRAMES / fps - SOUND_S) * TICKS_PER_SECOND;
}

const PICTURE_FRAMES = 1.2;
const SOUND_S = 0.008;
