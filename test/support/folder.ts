import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one test, removed with all that is in it. */
export async function temporaryFolder(): Promise<
  { readonly path: string; file(name: string): string } & AsyncDisposable
> {
  const path = await mkdtemp(join(tmpdir(), 'tapehead-test-'));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
