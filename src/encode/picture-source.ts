import { Frames } from '../capture/frames.ts';
import type { CaptureKind } from '../recording/status.ts';
import { DamageEncoder } from './damage-encoder.ts';
import type { PictureOptions, PictureSource } from './encoder.ts';
import { GrabEncoder } from './grab-encoder.ts';

/** @returns the capture that is wanted, if this machine has it. */
export function captureFor(wanted: CaptureKind): CaptureKind {
  return wanted === 'damage' && Frames.available ? 'damage' : 'x11grab';
}

export function openPictures(capture: CaptureKind, options: PictureOptions): PictureSource {
  return capture === 'damage' ? new DamageEncoder(options) : new GrabEncoder(options);
}
