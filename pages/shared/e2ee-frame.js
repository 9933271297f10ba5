// @ts-check
import { escapeNal, findSlice, unescapeNal } from './e2ee-h264.js';
import { join } from './e2ee-key.js';

/**
 * A sealed frame, as it goes through the hub:
 *
 *     head | clear | ciphertext | tag (16) | IV (12) | length of clear (1) | version (1)
 *
 * Ciphertext and tag are AES-GCM over what follows `clear`, which is authenticated but not encrypted: what packetizers and the hub
 * look at. `head` is there with H.264 only and is neither: parameter sets, which browsers may rewrite on the way, and start codes.
 * With H.264 everything behind the head is escaped like a NAL unit. The IV is 8 random bytes, drawn for each sender, because all
 * senders share a key, and a counter.
 */

const TAG_BYTES = 16;
const IV_BYTES = 12;
const TRAILER_BYTES = IV_BYTES + 2;
/** Never 0: a NAL unit must not end in a zero. */
const VERSION = 1;
const MOST_FRAMES = 2 ** 32;

/**
 * What is particular to a codec.
 *
 * @typedef {object} Codec
 * @property {(body: Uint8Array) => number} clear how many bytes of the body stay readable
 * @property {boolean} nal made of NAL units
 */

/** @type {Readonly<Record<string, Codec>>} by type, in lower case */
const CODECS = {
  // The TOC byte: https://www.rfc-editor.org/rfc/rfc6716#section-3.1
  'audio/opus': { clear: () => 1, nal: false },
  // The frame tag, and the size of the picture in a key frame: https://www.rfc-editor.org/rfc/rfc6386#section-9.1
  'video/vp8': { clear: (body) => ((body[0] ?? 0) & 1 ? 3 : 10), nal: false },
  // All that is needed on the way is in the payload descriptor.
  'video/vp9': { clear: () => 0, nal: false },
  // The NAL header, and what Chromium's receiver reads of a slice: first_mb_in_slice, slice_type and pic_parameter_set_id, which
  // take at most 25 bits in a first slice.
  'video/h264': { clear: () => 5, nal: true },
};

/** Encrypts the frames of one sender. */
export class Sealer {
  /** @type {CryptoKey} */
  #key;
  #iv = new Uint8Array(IV_BYTES);
  #sealed = 0;

  /** @param {CryptoKey} key */
  constructor(key) {
    this.#key = key;
  }

  /**
   * @param {string | undefined} mimeType of the codec: `video/VP8`
   * @param {ArrayBuffer} frame
   * @returns {Promise<ArrayBuffer | null>} null: nothing that can be sealed
   */
  async seal(mimeType, frame) {
    const codec = codecOf(mimeType);
    const cut = codec && split(codec, new Uint8Array(frame));
    if (!codec || !cut) return null;
    const iv = this.#nextIv();
    const length = Math.min(codec.clear(cut.body), cut.body.length);
    const clear = cut.body.subarray(0, length);
    const plain = cut.body.subarray(length);
    const sealed = await crypto.subtle.encrypt(gcm(iv, clear), this.#key, plain);
    const body = join([clear, new Uint8Array(sealed), iv, Uint8Array.of(length, VERSION)]);
    return codec.nal ? join([cut.head, escapeNal(body)]).buffer : body.buffer;
  }

  #nextIv() {
    if (this.#sealed % MOST_FRAMES === 0) crypto.getRandomValues(this.#iv);
    new DataView(this.#iv.buffer).setUint32(IV_BYTES - 4, this.#sealed % MOST_FRAMES);
    this.#sealed++;
    return this.#iv.slice();
  }
}

/**
 * @param {CryptoKey} key
 * @param {string | undefined} mimeType of the codec
 * @param {ArrayBuffer} frame
 * @returns {Promise<ArrayBuffer | null>} as it was before `seal`; null: it was sealed with another key, changed on the way, or not
 *   sealed at all
 */
export async function openFrame(key, mimeType, frame) {
  const codec = codecOf(mimeType);
  const cut = codec && split(codec, new Uint8Array(frame));
  if (!codec || !cut) return null;
  const body = codec.nal ? unescapeNal(cut.body) : cut.body;
  const end = body.length - TRAILER_BYTES;
  const length = body[body.length - 2] ?? 0;
  if (body[body.length - 1] !== VERSION || end < length + TAG_BYTES) return null;
  const clear = body.slice(0, length);
  const way = gcm(body.slice(end, end + IV_BYTES), clear);
  try {
    const plain = await crypto.subtle.decrypt(way, key, body.slice(length, end));
    return join([cut.head, clear, new Uint8Array(plain)]).buffer;
  } catch {
    // WebCrypto says no more than that it is not what was sealed.
    return null;
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} iv
 * @param {Uint8Array<ArrayBuffer>} clear
 */
function gcm(iv, clear) {
  return { name: 'AES-GCM', iv, additionalData: clear, tagLength: 8 * TAG_BYTES };
}

/** @param {string | undefined} mimeType */
function codecOf(mimeType) {
  return CODECS[mimeType?.toLowerCase() ?? ''];
}

/**
 * @param {Codec} codec
 * @param {Uint8Array<ArrayBuffer>} frame
 */
function split(codec, frame) {
  const at = codec.nal ? findSlice(frame) : 0;
  return at < 0 ? null : { head: frame.subarray(0, at), body: frame.subarray(at) };
}
