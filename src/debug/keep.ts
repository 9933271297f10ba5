import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes all but the latest bundles from the folder that holds them; a folder that is not there holds none.
 * @throws what the file system refuses
 */
export async function pruneBundles(folder: string, keep: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const bundles = await Promise.all(names.map(async (name) => ({ name, atMs: await changedMs(join(folder, name)) })));
  const old = bundles.sort((a, b) => b.atMs - a.atMs).slice(keep);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { recursive: true, force: true })));
}

async function changedMs(path: string): Promise<number> {
  // One that is being written is renamed in between.
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
}
