import { startProgram } from './program.ts';

export interface RecordOptions {
  readonly seconds: number;
  /** 640x360 when left out. */
  readonly size?: string;
  /** 15 when left out. */
  readonly fps?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of another copy of the project. */
  readonly main?: string;
}

/**
 * Records a page with the command `record`.
 * @returns what `--json` prints
 */
export async function recordPage(url: string, out: string, options: RecordOptions): Promise<Record<string, unknown>> {
  const { seconds, size = '640x360', fps = 15, args = [], env, main } = options;
  const order = ['--out', out, '--duration', `${seconds}s`, '--size', size, '--fps', String(fps), '--json', ...args];
  await using program = startProgram(['record', url, ...order], env, main);
  const { code, stdout, stderr } = await program.finished;
  if (code !== 0) throw new Error(`record ended with code ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
