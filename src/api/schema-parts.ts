import { z } from 'zod';

/** Checks of this file have what was expected as their message; `check.ts` adds what came. */

/** An integer from `min` to `max`. */
export function integer(min: number, max: number): z.ZodInt {
  const message = `an integer from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
}

export function text(): z.ZodString {
  return z.string('a string');
}

export function filledText(): z.ZodString {
  return z.string('a string that is not empty').min(1, 'a string that is not empty');
}

export function toggle(): z.ZodBoolean {
  return z.boolean('true or false');
}

/** @param expected the values in words */
export function oneOf<const T extends string | number>(values: readonly T[], expected?: string): z.ZodLiteral<T> {
  const names = values.map((value) => JSON.stringify(value));
  return z.literal([...values], expected ?? (names.length === 1 ? names[0] : `one of ${names.join(', ')}`));
}

const WEB_URL = 'an http or https URL';

export function webUrl(): z.ZodString {
  return z.string(WEB_URL).refine(isWebUrl, WEB_URL);
}

export function isWebUrl(url: string): boolean {
  return ['http:', 'https:'].includes(URL.parse(url)?.protocol ?? '');
}

const FILE_TYPES = '["hls"] or ["hls","mp4"]';

/** `recordingFileConfig`. */
export const fileConfigSchema = z.object(
  {
    avFileType: z
      .array(oneOf(['hls', 'mp4']), FILE_TYPES)
      .refine((types) => types.includes('hls'), FILE_TYPES)
      .default(['hls'])
      .describe(`${FILE_TYPES}.`),
  },
  'an object',
);

export const audioProfileSchema = oneOf([0, 1, 2])
  .default(0)
  .describe('AAC at 48 kHz: 0 mono 48 kbit/s, 1 mono 128 kbit/s, 2 stereo 192 kbit/s.');

/** Most of a picture: 1920x1080, in either direction. */
export const MAX_PIXELS = 1920 * 1080;
export const PIXELS = `a size of at most ${MAX_PIXELS} pixels (1920x1080) in all`;

export const stopRequestSchema = z.object(
  {
    async_stop: toggle().default(false).describe('Answer at once, not when all files are complete.'),
  },
  'an object',
);

const UID_MAX = 2 ** 32 - 1;
const UID = `a string holding an integer from 1 to ${UID_MAX}`;

const cnameSchema = text().describe('Name of the channel; with mode web any label of the session, up to 1024 bytes.');

const uidSchema = z
  .string(UID)
  .regex(/^\d{1,10}$/, UID)
  .refine((digits) => Number(digits) >= 1 && Number(digits) <= UID_MAX, UID)
  .describe(`Integer from 1 to ${UID_MAX}, as a string.`);

/** Members common to all bodies, around the `clientRequest` of one call. */
export function bodySchema<T extends z.ZodType>(clientRequest: T) {
  return z.object({ cname: cnameSchema, uid: uidSchema, clientRequest }, 'a JSON object');
}
