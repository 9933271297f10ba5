import { type PicturePlan, refreshRate } from '../recording/plan.ts';
import { GRABS } from './grabs.ts';
import { ALL_KEYS_FPS, KEY_FRAME_S } from './key-frames.ts';
import { even, type PictureInput, TO_YUV } from './picture-args.ts';

/** Name of the filter that lets pictures through; commands are addressed to it. */
export const GATE = 'metadata@gate';

/** The display, looked at all the time by ffmpeg itself. */
export function grabInput(display: string, { width, height, fps }: PicturePlan): PictureInput {
  return {
    input: [
      ...['-f', 'x11grab', '-draw_mouse', '0', '-framerate', String(grabRate(fps))],
      ...['-video_size', `${even(width)}x${even(height)}`, '-i', display],
    ],
    filters: [gate(fps), oncePerFrame(fps), TO_YUV],
    keyFrames: keyFrames(fps),
  };
}

/**
 * Armed, the encoder has everything open and running but sees a picture only now and then: the filter drops what lacks a
 * key that nothing has, except while its `enable` expression is false.
 */
function gate(fps: number): string {
  const everyS = fps <= ALL_KEYS_FPS ? 0.5 : Math.max(0.5, 4 / fps);
  // A little more than from one grab to the next: one picture falls into it, or two, never none.
  const openS = 1.1 / grabRate(fps);
  return `${GATE}=mode=select:key=never:enable='gte(mod(t,${everyS}),${openS})'`;
}

/** Looks at the display per second. */
function grabRate(fps: number): number {
  return GRABS * refreshRate(fps);
}

/**
 * How far ahead the gate must be told to open: ffmpeg looks at its standard input every 100 ms at the most often, and the
 * last picture before must be three intervals away to make a gap (see keyFrames).
 */
export function gateLeadMs(fps: number): number {
  const gapMs = fps <= ALL_KEYS_FPS ? 0 : 3000 / fps;
  return 150 + Math.max(150, gapMs);
}

/**
 * The gate's new expression: what is captured from a moment on passes, of each interval only what lies around the grab to
 * keep (grabs.ts).
 */
export function openGate(fromMs: number, keptGrabMs: number, fps: number): string {
  const halfStep = 0.5 / grabRate(fps);
  const windowStart = keptGrabMs / 1000 - halfStep;
  // A small number to subtract, so that no digits are lost.
  const offset = windowStart - Math.floor(windowStart);
  return `lt(t,${seconds(fromMs)})+gte(mod(t-${offset.toFixed(6)},1/${fps}),${2 * halfStep})`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6);
}

/** x11grab catches up after a stall with several grabs at once: equal pictures that would only cost. */
function oncePerFrame(fps: number): string {
  return `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${0.4 / fps})'`;
}

/**
 * A key frame every KEY_FRAME_S, and at the first picture after a gap: fewer than two thirds of the pictures that the
 * time since the last key frame should have had means that the gate was closed.
 */
function keyFrames(fps: number): string {
  if (fps <= ALL_KEYS_FPS) return 'expr:1';
  const since = 't-prev_forced_t';
  const due = `gte(${since},${KEY_FRAME_S - 0.5 / fps})`;
  const gap = `lt(1.5*(n-prev_forced_n),(${since})*${fps})`;
  return `expr:if(n_forced,${due}+${gap},1)`;
}
