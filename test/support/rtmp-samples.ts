import type { Sample } from '../../src/push/sample.ts';

const HEADERS = { video: Buffer.from('header of the picture'), audio: Buffer.from('header of the sound') };

/** A made-up picture, or block of sound, for a server. */
export function sample({
  kind = 'video',
  key = false,
  ms = 0,
  bytes = 100,
  body = Buffer.alloc(bytes),
  header = HEADERS[kind],
}: Partial<Sample> & { readonly bytes?: number }): Sample {
  return { kind, key, ms, body, header };
}
