import { createHmac } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** What stands in a token. Times are in seconds; those of expiries count from the issue. */
export interface TokenContent {
  readonly appId: string;
  /** 32 hexadecimal digits. */
  readonly certificate: string;
  readonly channel: string;
  /** '' is for every user. */
  readonly uid?: string;
  readonly issuedS?: number;
  readonly lifeS?: number;
  readonly salt?: number;
  /** 1 join, 2 publish audio, 3 publish video, 4 publish data. */
  readonly privileges?: Readonly<Record<number, number>>;
  /** Packed services of other kinds, behind the one of RTC. */
  readonly more?: readonly Uint8Array[];
}

/** An AccessToken2 as the builders of Agora's tools make it. */
export function buildToken(content: TokenContent): string {
  const { appId, certificate, channel, uid = '', lifeS = 3600, salt = 4711, more = [] } = content;
  const { issuedS = Math.floor(Date.now() / 1000), privileges = { 1: lifeS, 2: lifeS, 3: lifeS } } = content;
  const signed = Buffer.concat([
    text(appId),
    ...[issuedS, lifeS, salt].map(uint32),
    uint16(1 + more.length),
    packService(1, privileges),
    text(channel),
    text(uid),
    ...more,
  ]);
  const signature = hmac(hmac(uint32(salt), hmac(uint32(issuedS), certificate)), signed);
  return `007${deflateSync(Buffer.concat([text(signature), signed])).toString('base64')}`;
}

/** Begin of a service: its type and privileges. */
export function packService(type: number, privileges: Readonly<Record<number, number>>): Buffer {
  const entries = Object.entries(privileges).map(([name, lifeS]) => [uint16(Number(name)), uint32(lifeS)]);
  return Buffer.concat([uint16(type), uint16(entries.length), ...entries.flat()]);
}

function hmac(key: Uint8Array, message: Uint8Array | string): Buffer {
  return createHmac('sha256', key).update(message).digest();
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
