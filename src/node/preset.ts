import type { PicturePlan, X264Preset } from '../recording/plan.ts';

/** What the figures below were measured at. */
const MEASURED_RATE = 1280 * 720 * 30;
/** Cores of a recording with `superfast`: what it takes however small it is, and what its picture takes. */
const BASE_CORES = 0.15;
const PICTURE_CORES = 0.32;
/** The slower ones, best first, with the cores that each takes more than `superfast`. */
const BETTER: readonly { readonly preset: X264Preset; readonly moreCores: number }[] = [
  { preset: 'faster', moreCores: 0.32 },
  { preset: 'veryfast', moreCores: 0.15 },
];
/** Free cores that are left alone: for recordings that come later, and for what pages do at times. */
const SPARE_CORES = 2;

/**
 * x264's preset for a recording that begins: `superfast`, unless there is hardly room for it, or so much room that twice the
 * difference is nothing.
 *
 * @param idleCores cores that nobody uses, before it has begun
 */
export function presetFor(picture: PicturePlan, idleCores: number): X264Preset {
  const share = (picture.width * picture.height * picture.fps) / MEASURED_RATE;
  const left = idleCores - superfastCores(picture);
  if (left < 0) return 'ultrafast';
  return BETTER.find(({ moreCores }) => left >= 2 * moreCores * share + SPARE_CORES)?.preset ?? 'superfast';
}

/** Cores that a recording takes with `superfast`. */
export function superfastCores({ width, height, fps }: PicturePlan): number {
  return BASE_CORES + (PICTURE_CORES * width * height * fps) / MEASURED_RATE;
}
