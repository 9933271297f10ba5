import { firstEncoder } from '../../src/encode/codecs.ts';
import { pictureOutput, TO_YUV } from '../../src/encode/picture-args.ts';
import { soundCodec } from '../../src/encode/sound-args.ts';
import { type MediaPlan, STANDALONE } from '../../src/recording/plan.ts';

const EVERY_TWO_SECONDS = 'expr:gte(t,2*n_forced)';

/**
 * What both encoders are told of their outputs, for one ffmpeg that does the work of both. Its inputs come before: the sound, if
 * there is one, then the picture. The stream's place, `pipe:1`, is left to be said.
 */
export function outputsOf({ picture, sound }: MediaPlan, { filters = [TO_YUV] } = {}): string[] {
  const pictures = picture
    ? pictureOutput({ filters, keyFrames: EVERY_TWO_SECONDS }, firstEncoder(STANDALONE.encoding), picture)
    : [];
  const sounds = sound ? soundCodec(sound) : [];
  if (!picture || !sound) return [...pictures, ...sounds].slice(0, -1);
  const ends = pictures.indexOf('-muxdelay');
  const both = [...pictures.slice(0, ends), ...sounds].map((argument) => MOVED[argument] ?? argument);
  return both.slice(0, -1);
}

/** Beside a sound the picture is the second input, and the sound is the second stream. */
const MOVED: Readonly<Record<string, string>> = { '0:v': '1:v', '0:257': '1:257' };
