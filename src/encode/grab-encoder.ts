import type { CaptureLoad, Pace } from '../capture/frames.ts';
import type { PictureOptions, PictureSource } from './encoder.ts';
import { Ffmpeg } from './ffmpeg.ts';
import { GATE, gateLeadMs, grabInput, openGate } from './grab-args.ts';
import { grabToKeep } from './grabs.ts';
import { pictureArgs } from './picture-args.ts';

/** The display, grabbed by ffmpeg at a steady rate whether anything changes or not. */
export class GrabEncoder extends Ffmpeg implements PictureSource {
  readonly capture = 'x11grab';
  readonly captureLost = false;
  readonly leadMs: number;
  readonly #fps: number;

  constructor({ display, picture, encoder, pace: _pace, ...place }: PictureOptions) {
    super({ ...place, name: 'picture encoder', args: pictureArgs(grabInput(display, picture), encoder, picture) });
    this.#fps = picture.fps;
    this.leadMs = gateLeadMs(picture.fps);
  }

  openFrom(fromMs: number, frameStartMs: number): void {
    const fps = this.#fps;
    const kept = grabToKeep({ grabStartMs: this.inputStartMs, frameStartMs, fps }, fromMs, Date.now());
    this.command(`${GATE} -1 enable ${openGate(fromMs, kept, fps)}`);
  }

  /** Its own: the display is grabbed at the rate that ffmpeg was started with. */
  set pace(_: Pace) {}

  takeLoad(): CaptureLoad | null {
    return null;
  }
}
