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

export function oneOf<const T extends string | number>(values: readonly T[]): z.ZodLiteral<T> {
  const names = values.map((value) => JSON.stringify(value));
  return z.literal([...values], names.length === 1 ? `${names[0]}` : `one of ${names.join(', ')}`);
}

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
