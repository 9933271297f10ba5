import { TICKS_PER_SECOND } from '../output/transport-stream.ts';

/**
 * How much later sound is put than it was captured, in ticks.
 *
 * Measured, not derived: from a page's drawing to its capture pass about two and a half frames of the display, from its
 * playing to the capture some 40 ms of sound buffers. At low frame rates the picture is the later one, so the sound must
 * wait for it. `npm run bench -- sync` shows what is left.
 */
export function soundShift(fps: number): number {
  return (PICTURE_FRAMES / fps - SOUND_S) * TICKS_PER_SECOND;
}

const PICTURE_FRAMES = 2.4;
const SOUND_S = 0.035;
