import type { Exit } from '../process/child.ts';
import type { CaptureLoad, Pace, PictureOptions, PictureSource } from './encoder.ts';
import { Ffmpeg } from './ffmpeg.ts';
import { GATE, gateLeadMs, grabInput, openGate } from './grab-args.ts';
import { grabToKeep } from './grabs.ts';
import { pictureArgs } from './picture-args.ts';

/** The display, grabbed by ffmpeg at a steady rate whether anything changes or not. Its pace is always the plan's. */
export class GrabEncoder implements PictureSource {
  readonly capture = 'x11grab';
  readonly leadMs: number;
  readonly #fps: number;
  readonly #ffmpeg: Ffmpeg;
  /** When the display was grabbed for the first time, UTC ms. */
  #grabStartMs = 0;

  constructor({ display, picture, encoder, pace: _pace, ...place }: PictureOptions) {
    this.#fps = picture.fps;
    this.leadMs = gateLeadMs(picture.fps);
    this.#ffmpeg = new Ffmpeg({
      ...place,
      name: 'picture encoder',
      args: pictureArgs(grabInput(display, picture), encoder, picture),
      onLine: (line) => this.#read(line),
    });
  }

  get armed(): Promise<void> {
    return this.#ffmpeg.armed;
  }

  get ended(): Promise<Exit> {
    return this.#ffmpeg.ended;
  }

  get over(): boolean {
    return this.#ffmpeg.over;
  }

  describeExit(): string {
    return this.#ffmpeg.describeExit();
  }

  tail(): string {
    return this.#ffmpeg.tail();
  }

  kill(): void {
    this.#ffmpeg.kill();
  }

  openFrom(fromMs: number, frameStartMs: number): void {
    const fps = this.#fps;
    const kept = grabToKeep({ grabStartMs: this.#grabStartMs, frameStartMs, fps }, fromMs, Date.now());
    this.#ffmpeg.command(`${GATE} -1 enable ${openGate(fromMs, kept, fps)}`);
  }

  /** Its own: the display is grabbed at the rate that ffmpeg was started with. */
  set pace(_: Pace) {}

  takeLoad(): CaptureLoad | null {
    return null;
  }

  /** Pictures go on until it is told to finish. */
  endAt(): void {}

  async finish(): Promise<Exit> {
    return await this.#ffmpeg.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ffmpeg[Symbol.asyncDispose]();
  }

  /** What ffmpeg says of its input when it begins. */
  #read(line: string): void {
    const start = /^\s+Duration: .*\bstart: (\d+\.\d+)/.exec(line)?.[1];
    if (start !== undefined) this.#grabStartMs = Number(start) * 1000;
  }
}
