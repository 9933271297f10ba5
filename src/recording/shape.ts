import { isDeepStrictEqual } from 'node:util';
import { modeOf, type RecordingMode, type RecordingPlan } from './plan.ts';

/** All of a recording that is fixed once its display, sound daemon and browser, or its encoders, have been started. */
export interface Shape
  extends Pick<RecordingPlan, 'picture' | 'sound' | 'encoding' | 'network' | 'limits' | 'sandbox' | 'identity'> {
  readonly mode: RecordingMode;
  /** The page is shown as on a phone. */
  readonly mobile: boolean;
}

/** A place of its own for a recording of some shape. */
export interface Site {
  readonly shape: Shape;
  /** Of the display, sound daemon and browser: made and removed with them. Absolute path. */
  readonly folder: string;
}

export function shapeOf(plan: RecordingPlan): Shape {
  const { picture, sound, encoding, network, limits, sandbox, identity } = plan;
  return {
    ...{ picture, sound, encoding, network, limits, sandbox, identity },
    mode: modeOf(plan),
    mobile: plan.page.mobile,
  };
}

export function siteOf(plan: RecordingPlan): Site {
  return { shape: shapeOf(plan), folder: plan.runtimeFolder };
}

/** Display, sound daemon and browser of the one serve the other. How it is encoded is decided anew at each start. */
export function sameStage(one: Shape, other: Shape): boolean {
  return isDeepStrictEqual(stageOf(one), stageOf(other));
}

function stageOf({ picture, sound, encoding: _, ...rest }: Shape): object {
  const shown = picture && { width: picture.width, height: picture.height, fps: picture.fps };
  return { ...rest, picture: shown, sound: sound !== null };
}
