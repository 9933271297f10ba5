import { createHash, timingSafeEqual } from 'node:crypto';
import type { Credential } from '../config/schema.ts';

export type AuthResult = 'ok' | 'missing' | 'wrong';

/**
 * Holds an `Authorization` header against the credentials; without any, everybody may call. `Basic` may stand without a
 * space before its value, since clients in use send it so. Takes as long for a nearly right secret as for a wrong one.
 */
export function checkAuthorization(header: string | undefined, credentials: readonly Credential[]): AuthResult {
  if (credentials.length === 0) return 'ok';
  if (header === undefined || header === '') return 'missing';
  const encoded = /^Basic\s*([A-Za-z0-9+/_-]+=*)\s*$/i.exec(header)?.[1];
  if (encoded === undefined) return 'wrong';
  const given = digestOf(Buffer.from(encoded, 'base64').toString('utf8'));
  let matches = 0;
  for (const { key, secret } of credentials) matches += timingSafeEqual(given, digestOf(`${key}:${secret}`)) ? 1 : 0;
  return matches > 0 ? 'ok' : 'wrong';
}

/** Equal lengths, as the comparison in constant time needs them. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
