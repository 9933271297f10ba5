import { createHmac } from 'node:crypto';

/**
 * The headers by which a receiver knows that a message is genuine: lower-case hex HMACs over the raw bytes of the body.
 * Receivers check one of them, the older ones the first.
 */
export function signatureHeaders(
  secret: string,
  body: Buffer,
): Readonly<Record<'agora-signature' | 'agora-signature-v2', string>> {
  const hmac = (algorithm: string): string => createHmac(algorithm, secret).update(body).digest('hex');
  return { 'agora-signature': hmac('sha1'), 'agora-signature-v2': hmac('sha256') };
}
