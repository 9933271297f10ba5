import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RecorderError } from '../errors.ts';

const KEY_BYTES = 32;

/**
 * Reads a key of 32 bytes from its file, or makes it at the first start; the file is readable for the service's user only.
 * @throws RecorderError `config_invalid` when the file holds something else
 */
export function openKeyFile(file: string): Buffer {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  chmodSync(file, 0o600);
  const key = readFileSync(file);
  if (key.length === KEY_BYTES) return key;
  throw new RecorderError(
    'config_invalid',
    `${file} should hold a key of ${KEY_BYTES} bytes but has ${key.length}; remove it to have a new one made`,
  );
}
