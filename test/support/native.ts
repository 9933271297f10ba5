import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SOURCES = join(import.meta.dirname, '../../src/native');
const PROGRAMS = join(import.meta.dirname, '../native');
const NEEDED = ['/usr/bin/gcc', '/usr/include/stdio.h', '/usr/include/X11/extensions/Xdamage.h'];

/** Why nothing can be compiled here; false: it can. */
export const uncompilable: string | false = NEEDED.every((file) => existsSync(file))
  ? false
  : `needs a compiler and the X headers: ${NEEDED.filter((file) => !existsSync(file)).join(', ')}`;

/** Compiles the capture helper as the set-up does. Returns its path. */
export async function buildHelper(folder: string): Promise<string> {
  const file = join(folder, 'frames');
  await run(join(SOURCES, 'build.sh'), [file]);
  return file;
}

/** Compiles a program of `test/native` with files of `src/native`. Returns its path. */
export async function buildProgram(folder: string, name: string, sources: readonly string[] = []): Promise<string> {
  const file = join(folder, name);
  const inputs = [join(PROGRAMS, `${name}.c`), ...sources.map((source) => join(SOURCES, source))];
  const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O3', '-Wall', '-Wextra', '-Werror'];
  await run('gcc', [...flags, '-o', file, ...inputs, '-lX11', '-lXext']);
  return file;
}
