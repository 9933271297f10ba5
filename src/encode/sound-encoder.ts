import type { SoundPlan } from '../recording/plan.ts';
import type { EncoderOptions } from './encoder.ts';
import { Ffmpeg } from './ffmpeg.ts';
import { soundArgs } from './sound-args.ts';

/** The sound of a recording. It is given out from the first moment on. */
export class SoundEncoder extends Ffmpeg {
  constructor({ source, sound, ...place }: EncoderOptions & { readonly source: string; readonly sound: SoundPlan }) {
    super({ ...place, name: 'sound encoder', args: soundArgs(source, sound) });
  }
}
