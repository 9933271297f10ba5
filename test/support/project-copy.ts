import { chmod, cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TempFolder } from './temp-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * The program without anything that is built on the machine.
 * @returns the path of its main module
 */
export async function copyWithoutBuilt(folder: TempFolder): Promise<string> {
  // Parts of it run as another user.
  await chmod(folder.path, 0o755);
  for (const name of ['src', 'pages', 'package.json']) {
    await cp(join(ROOT, name), folder.file(name), { recursive: true });
  }
  await mkdir(folder.file('node_modules'));
  const built = '.tapehead';
  const installed = (await readdir(join(ROOT, 'node_modules'))).filter((name) => name !== built);
  for (const name of installed) await symlink(join(ROOT, 'node_modules', name), folder.file(`node_modules/${name}`));
  return folder.file('src/main.ts');
}
