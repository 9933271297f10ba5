import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { RecorderError } from '../errors.ts';
import type { UtcMs } from '../types.ts';
import type { Task } from './orders.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const DIGEST_BYTES = 32;
/** version 1, hours 2, time 8, digest of the app id, digest of cname and uid. */
const CONTENT_BYTES = 1 + 2 + 8 + 2 * DIGEST_BYTES;
/** Fills the blob up to 240 characters of base64url, a length that clients of the API are used to. */
const PADDED_BYTES = 152;
const BLOB_BYTES = IV_BYTES + PADDED_BYTES + TAG_BYTES;
const TEXT_LENGTH = (BLOB_BYTES / 3) * 4;
const VERSION = 1;

/** What a resourceId says, once it is known to be for this task. */
export interface Resource {
  readonly acquiredMs: UtcMs;
  readonly resourceExpiredHour: number;
}

/** A resourceId that was opened; whose it is can only be asked, since it holds digests. */
export interface OpenedResource extends Resource {
  isOfApp(appId: string): boolean;
  isOfTask(task: Pick<Task, 'cname' | 'uid'>): boolean;
}

/**
 * Makes and opens resourceIds: encrypted and self-contained, so an acquire leaves no trace in the records. The same
 * content never gives the same resourceId twice.
 */
export class ResourceIds {
  readonly #key: Buffer;

  /** @param key 32 bytes */
  constructor(key: Buffer) {
    this.#key = key;
  }

  seal(task: Task, resource: Resource): string {
    const content = Buffer.alloc(PADDED_BYTES);
    content.writeUInt8(VERSION, 0);
    content.writeUInt16BE(resource.resourceExpiredHour, 1);
    content.writeDoubleBE(resource.acquiredMs, 3);
    digestOf(task.appId).copy(content, CONTENT_BYTES - 2 * DIGEST_BYTES);
    digestOf(task.cname, task.uid).copy(content, CONTENT_BYTES - DIGEST_BYTES);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv, { authTagLength: TAG_BYTES });
    const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** @throws RecorderError `resource_unreadable` */
  open(resourceId: string): OpenedResource {
    const content = this.#decrypt(resourceId);
    if (content?.readUInt8(0) !== VERSION) {
      throw new RecorderError(
        'resource_unreadable',
        'the resourceId was not made by this service, or was damaged on its way; use one as acquire answered it',
      );
    }
    const appDigest = content.subarray(CONTENT_BYTES - 2 * DIGEST_BYTES, CONTENT_BYTES - DIGEST_BYTES);
    const taskDigest = content.subarray(CONTENT_BYTES - DIGEST_BYTES, CONTENT_BYTES);
    return {
      resourceExpiredHour: content.readUInt16BE(1),
      acquiredMs: content.readDoubleBE(3),
      isOfApp: (appId) => digestOf(appId).equals(appDigest),
      isOfTask: ({ cname, uid }) => digestOf(cname, uid).equals(taskDigest),
    };
  }

  #decrypt(text: string): Buffer | null {
    if (text.length !== TEXT_LENGTH || !/^[\w-]+$/.test(text)) return null;
    const blob = Buffer.from(text, 'base64url');
    const decipher = createDecipheriv(CIPHER, this.#key, blob.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(blob.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(blob.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      // A tag that does not fit is the expected way for a foreign text to fail.
      return null;
    }
  }
}

function digestOf(...parts: string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
