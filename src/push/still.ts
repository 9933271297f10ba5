import type { PictureEncoder } from '../encode/codecs.ts';
import { blackPictureArgs } from '../encode/picture-args.ts';
import { RecorderError } from '../errors.ts';
import { Child } from '../process/child.ts';
import { childEnvironment } from '../process/environment.ts';
import type { PicturePlan } from '../recording/plan.ts';
import type { Identity } from '../types.ts';

export interface StillOptions {
  readonly picture: PicturePlan;
  /** The one whose pictures will follow. */
  readonly encoder: PictureEncoder;
  /** Home of the encoder; an existing folder. */
  readonly folder: string;
  readonly identity: Identity | null;
}

const LONGEST_MS = 10_000;

/**
 * A black key frame with its parameters, H.264 of Annex B, for a push that has nothing to show yet. It has the parameters of
 * the encoder's own pictures, so that the server's players need not begin anew when those follow.
 *
 * @throws RecorderError `encoder_failed`
 */
export async function blackStill({ picture, encoder, folder, identity }: StillOptions): Promise<Buffer> {
  const child = new Child({
    name: 'still',
    command: 'ffmpeg',
    args: blackPictureArgs(encoder, picture),
    env: childEnvironment(folder),
    identity,
    stdio: { stdout: 'pipe' },
  });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  const closed = new Promise((resolve) => child.stdout.once('close', resolve));
  const { code } = await child.close(LONGEST_MS, () => {});
  await closed;
  if (code !== 0) throw new RecorderError('encoder_failed', `expected a black picture: ${child.describeExit()}`);
  return Buffer.concat(pieces);
}
