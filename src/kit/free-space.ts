import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';

/** Bytes that may still be written into the folder. @throws what the file system says when nothing may */
export async function freeBytes(folder: string): Promise<number> {
  await access(folder, constants.W_OK);
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
