import { createHmac, timingSafeEqual } from 'node:crypto';
import { inflateSync } from 'node:zlib';

/** What a token is asked for. */
export interface TokenDemand {
  readonly appId: string;
  /** 32 hexadecimal digits; secret. */
  readonly certificate: string;
  readonly channel: string;
  readonly uid: string;
  readonly privileges: readonly Privilege[];
  readonly nowMs: number;
}

export type Privilege = 'join' | 'publish_audio' | 'publish_video';

/** `expiresMs`: UTC, when the first of the privileges ends. `reason` is for people and holds nothing of the token. */
export type TokenVerdict =
  | { readonly ok: true; readonly expiresMs: number }
  | { readonly ok: false; readonly code: 'token_expired' | 'token_invalid'; readonly reason: string };

const VERSION = '007';
/** A token with one service has about 150 bytes; some have several. */
const MAX_TOKEN_CHARACTERS = 8192;
const MAX_CONTENT_BYTES = 64 * 1024;
const RTC_SERVICE = 1;
const PRIVILEGES: Readonly<Record<Privilege, number>> = { join: 1, publish_audio: 2, publish_video: 3 };

/**
 * Holds a token (AccessToken2) against what is asked for: made with the app's certificate, neither it nor its privileges expired,
 * and for this channel and uid. A token without a uid, or with uid 0, is for every uid.
 * https://github.com/AgoraIO/Tools/blob/master/DynamicKey/AgoraDynamicKey/nodejs/src/AccessToken2.js
 */
export function verifyToken(text: string, demand: TokenDemand): TokenVerdict {
  const token = parseToken(text);
  if (token === null) return invalid(`this is not a token of version ${VERSION}`);
  if (!isSignedBy(token, demand.certificate)) return invalid('it was not made with the certificate of this app');
  if (token.appId !== demand.appId) return invalid('it was made for another app id');
  const nowS = demand.nowMs / 1000;
  if (token.issuedS + token.lifeS <= nowS) return expired('it has expired', token.issuedS + token.lifeS);
  const grants = token.grants.filter(({ channel }) => channel === demand.channel);
  if (grants.length === 0) return invalid('it was made for another channel');
  const own = grants.filter(({ uid }) => uid === '' || uid === '0' || uid === demand.uid);
  if (own.length === 0) return invalid('it was made for another uid');
  const verdicts = own.map((grant) => allows(token, grant, demand.privileges, nowS));
  return verdicts.find(({ ok }) => ok) ?? (verdicts[0] as TokenVerdict);
}

function allows({ issuedS, lifeS }: Token, grant: Grant, privileges: readonly Privilege[], nowS: number): TokenVerdict {
  let endS = issuedS + lifeS;
  for (const privilege of privileges) {
    const privilegeS = grant.privileges.get(PRIVILEGES[privilege]);
    const name = privilege.replace('_', ' ');
    if (privilegeS === undefined) return invalid(`it does not hold the privilege to ${name}`);
    // 0 means: as long as the token itself.
    if (privilegeS > 0) endS = Math.min(endS, issuedS + privilegeS);
    if (endS <= nowS) return expired(`its privilege to ${name} has expired`, endS);
  }
  return { ok: true, expiresMs: endS * 1000 };
}

function invalid(why: string): TokenVerdict {
  return { ok: false, code: 'token_invalid', reason: `the token is refused: ${why}` };
}

function expired(why: string, atS: number): TokenVerdict {
  const at = new Date(atS * 1000).toISOString();
  return { ok: false, code: 'token_expired', reason: `the token is refused: ${why}, at ${at}` };
}

interface Token {
  readonly signature: Uint8Array;
  /** What was signed: all that follows the signature. */
  readonly signed: Uint8Array;
  readonly appId: string;
  /** UTC seconds. */
  readonly issuedS: number;
  /** Seconds from its issue on. */
  readonly lifeS: number;
  readonly salt: number;
  readonly grants: readonly Grant[];
}

/** What a token allows in one channel. */
interface Grant {
  readonly channel: string;
  readonly uid: string;
  /** Seconds from the token's issue on, by privilege. */
  readonly privileges: ReadonlyMap<number, number>;
}

/** `007`, then Base64 of deflated fields. @returns null when it is something else */
function parseToken(text: string): Token | null {
  if (!text.startsWith(VERSION) || text.length > MAX_TOKEN_CHARACTERS) return null;
  try {
    const packed = Buffer.from(text.slice(VERSION.length), 'base64');
    const fields = new Fields(inflateSync(packed, { maxOutputLength: MAX_CONTENT_BYTES }));
    const signature = fields.bytes();
    const signed = fields.rest();
    const appId = fields.text();
    const [issuedS, lifeS, salt] = [fields.uint32(), fields.uint32(), fields.uint32()];
    return { signature, signed, appId, issuedS, lifeS, salt, grants: readGrants(fields) };
  } catch {
    // Not deflated, or cut off.
    return null;
  }
}

/** The services stand in the order of their types, and ours has the lowest: what other services hold need not be known. */
function readGrants(fields: Fields): Grant[] {
  const grants: Grant[] = [];
  for (let left = fields.uint16(); left > 0 && fields.uint16() === RTC_SERVICE; left -= 1) {
    const privileges = fields.numbers();
    grants.push({ privileges, channel: fields.text(), uid: fields.text() });
  }
  return grants;
}

function isSignedBy({ signature, signed, issuedS, salt }: Token, certificate: string): boolean {
  const key = hmac(uint32(salt), hmac(uint32(issuedS), certificate));
  const expected = hmac(key, signed);
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

function hmac(key: Uint8Array, message: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Reads numbers with their lowest byte first, and texts behind their lengths. @throws RangeError at the end */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint16(): number {
    const value = this.#bytes.readUInt16LE(this.#at);
    this.#at += 2;
    return value;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  bytes(): Buffer {
    const length = this.uint16();
    if (this.#at + length > this.#bytes.length) throw new RangeError('cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  numbers(): Map<number, number> {
    const numbers = new Map<number, number>();
    for (let left = this.uint16(); left > 0; left -= 1) {
      const name = this.uint16();
      numbers.set(name, this.uint32());
    }
    return numbers;
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }
}
