// @ts-check
/** @import { EncryptionPlan } from '../../src/recording/channel.ts' */

/** Secrets may be passphrases, so guessing them must cost: https://cheatsheetseries.owasp.org PBKDF2 with SHA-256. */
const ITERATIONS = 600_000;
/** Keeps keys of this use, and of each mode, apart from all others that are made of the same secret. */
const LABEL = 'tapehead e2ee 1 ';

/**
 * The key of a channel: PBKDF2 with HMAC-SHA-256 and 600,000 iterations over the secret in UTF-8; its salt is the label and the
 * name of the mode in ASCII, and after it the 32 bytes of the plan's salt, where the mode has one.
 *
 * @param {EncryptionPlan} plan
 * @returns {Promise<CryptoKey>} of 128 or 256 bits, for AES-GCM; takes some 0.1 s
 */
export async function deriveKey({ mode, secret, salt }) {
  const bytes = new TextEncoder().encode(secret);
  const base = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveKey']);
  const ownSalt = Uint8Array.from(salt === null ? '' : atob(salt), byteOf);
  const label = new TextEncoder().encode(LABEL + mode);
  const kind = { name: 'AES-GCM', length: mode.startsWith('aes-128') ? 128 : 256 };
  const way = { name: 'PBKDF2', hash: 'SHA-256', salt: join([label, ownSalt]), iterations: ITERATIONS };
  return await crypto.subtle.deriveKey(way, base, kind, false, ['encrypt', 'decrypt']);
}

/** @param {string} character */
function byteOf(character) {
  return character.charCodeAt(0);
}

/**
 * @param {readonly Uint8Array[]} parts
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function join(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
