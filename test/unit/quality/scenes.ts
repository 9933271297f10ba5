import { LEAD_IN, Take } from '../../../src/output/take.ts';
import { tracksOf } from '../../../src/output/tracks.ts';
import { AUDIO_PROFILES, type PicturePlan, type SoundPlan } from '../../../src/recording/plan.ts';
import { ffmpegOutput } from '../../probe/tool.ts';
import { outputsOf } from '../../support/encoder-args.ts';
import { type RealMedia, readFrames } from '../../support/real-media.ts';

export const START_MS = Date.UTC(2026, 10, 22, 9, 30);

export const PICTURE: PicturePlan = { width: 320, height: 240, fps: 15, bitrateKbps: 500 };
export const TONE = 'sine=r=48000';
export const SILENCE = 'anullsrc=r=48000';

export interface Scene {
  readonly seconds: number;
  /** Source of ffmpeg without size and rate: `color=c=black`. */
  readonly picture: string;
  /** Filter after it. */
  readonly filter?: string;
  readonly sound: string;
}

/** The scenes one after the other, as the encoder gives them, on the recording's clock. */
export async function encodeScenes(
  scenes: readonly Scene[],
  sound = AUDIO_PROFILES[0] as SoundPlan,
): Promise<RealMedia> {
  const { frames, tables } = readFrames(await ffmpegOutput(encodingArgs(scenes, sound)));
  const take = new Take({
    tracks: tracksOf({ picture: PICTURE, sound }),
    fromMs: START_MS - 20,
    mediaStart: LEAD_IN,
    soundShift: 0,
    sparse: false,
  });
  return { frames: frames.flatMap((frame) => take.place(frame)), tables };
}

/** The encoder's own arguments behind made-up inputs. */
function encodingArgs(scenes: readonly Scene[], sound: SoundPlan): string[] {
  const outputs = outputsOf({ picture: PICTURE, sound });
  const inputs = [soundGraph(scenes), pictureGraph(scenes)].flatMap((graph) => ['-f', 'lavfi', '-i', graph]);
  return ['-copyts', ...inputs, ...outputs, '-output_ts_offset', String(START_MS / 1000), 'pipe:1'];
}

export function pictureGraph(scenes: readonly Omit<Scene, 'sound'>[]): string {
  const { width, height, fps } = PICTURE;
  const chains = scenes.map(({ picture, filter, seconds }, i) => {
    const source = `${picture}${picture.includes('=') ? ':' : '='}s=${width}x${height}:r=${fps}`;
    const filters = [source, ...(filter ? [filter] : []), `trim=duration=${seconds}`, 'setsar=1', 'format=rgb24'];
    return `${filters.join(',')}[s${i}]`;
  });
  return joined(chains, 'concat=v=1:a=0');
}

function soundGraph(scenes: readonly Scene[]): string {
  const chains = scenes.map(
    ({ sound, seconds }, i) => `${sound},atrim=duration=${seconds},aformat=channel_layouts=stereo[s${i}]`,
  );
  return joined(chains, 'concat=v=0:a=1');
}

function joined(chains: readonly string[], concat: string): string {
  return [...chains, `${chains.map((_, i) => `[s${i}]`).join('')}${concat}:n=${chains.length}`].join(';');
}
