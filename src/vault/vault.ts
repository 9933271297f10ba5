import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { RecorderError } from '../errors.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Tells sealed texts from others, and their version. */
const MARK = 'sealed1:';

/** Keeps texts that hold secrets (storage keys, stream keys, page addresses) unreadable where they are stored. */
export class Vault {
  readonly #key: Buffer;

  /** @param key 32 bytes, see key-file.ts */
  constructor(key: Buffer) {
    this.#key = key;
  }

  seal(text: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv, { authTagLength: TAG_BYTES });
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return MARK + sealed.toString('base64');
  }

  /** @throws RecorderError `config_invalid` when it was sealed with another key, or is damaged */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed.slice(MARK.length), 'base64');
    if (!sealed.startsWith(MARK) || bytes.length < IV_BYTES + TAG_BYTES) throw unreadable();
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const opened = [decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()];
      return Buffer.concat(opened).toString('utf8');
    } catch (error) {
      throw unreadable(error);
    }
  }
}

function unreadable(cause?: unknown): RecorderError {
  return new RecorderError(
    'config_invalid',
    'expected stored secrets to be sealed with the configured key (TAPEHEAD_VAULT_KEY, or vault.key in the data folder); they were sealed with another one, or are damaged',
    { cause },
  );
}
