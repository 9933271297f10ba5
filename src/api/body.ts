import type { Logger } from 'pino';
import type { z } from 'zod';
import { RecorderError } from '../errors.ts';

const DEEPEST = 32;
const SHOWN_CHARACTERS = 80;
const SECRET_NAME = /secret|token|accesskey|password|salt/i;

/**
 * The bytes of a body as JSON, whatever its content type says.
 * @throws RecorderError `body_unreadable`
 */
export function parseJsonBody(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined || bytes.length === 0)
    throw new RecorderError('body_unreadable', 'expected JSON, got no body');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message would quote the body, and with it keys of the storage.
    throw new RecorderError('body_unreadable', `the body of ${bytes.length} bytes is not JSON in UTF-8`);
  }
}

/**
 * Holds a body against its schema. Members that the schema does not know are logged and left out, null counts as absent,
 * and `VideoBitrate` as `videoBitrate`.
 * @throws RecorderError `request_invalid` that tells all problems: field, what was expected, what came
 */
export function checkBody<T extends z.ZodType>(schema: T, body: unknown, log: Logger): z.output<T> {
  const tidy = tidied(body, 0);
  const parsed = schema.safeParse(tidy);
  if (!parsed.success) throw new InvalidBody(parsed.error.issues, tidy);
  const unknown = unknownPaths(tidy, parsed.data, '');
  if (unknown.length > 0) log.warn({ fields: unknown }, 'the request has fields without effect here');
  return parsed.data;
}

/** A body that does not fit its schema. `fields` are the paths of the members that are wrong. */
export class InvalidBody extends RecorderError {
  readonly fields: readonly string[];

  constructor(issues: readonly z.core.$ZodIssue[], body: unknown) {
    // One member can fail two checks that expect the same.
    const problems = new Set(issues.map((issue) => describeIssue(issue, body)));
    super('request_invalid', [...problems].join('; '));
    this.fields = issues.map((issue) => pathText(issue.path));
  }
}

function describeIssue(issue: z.core.$ZodIssue, body: unknown): string {
  const came = shown(issue.path, issue.path.reduce(memberOf, body));
  return `${pathText(issue.path) || 'the body'}: expected ${issue.message}, got ${came}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return (value as Record<PropertyKey, unknown> | undefined)?.[key];
}

function shown(path: readonly PropertyKey[], value: unknown): string {
  if (value === undefined) return 'nothing';
  if (path.some((key) => SECRET_NAME.test(String(key)))) return 'something else (not shown)';
  if (typeof value === 'object') return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tidied(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) throw new RecorderError('request_invalid', `the body is nested deeper than ${DEEPEST} levels`);
  if (Array.isArray(value)) return value.map((item) => tidied(item, depth + 1));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    entries.map(([key, member]) => [
      key === 'VideoBitrate' && value['videoBitrate'] === undefined ? 'videoBitrate' : key,
      tidied(member, depth + 1),
    ]),
  );
}

/** Paths of the members of `came` that `kept` does not have: what the schema has left out. */
function unknownPaths(came: unknown, kept: unknown, path: string): string[] {
  if (Array.isArray(came) && Array.isArray(kept)) {
    return came.flatMap((item, i) => unknownPaths(item, kept[i], `${path}[${i}]`));
  }
  if (!isObject(came) || !isObject(kept)) return [];
  return Object.keys(came).flatMap((key) => {
    const place = path === '' ? key : `${path}.${key}`;
    return Object.hasOwn(kept, key) ? unknownPaths(came[key], kept[key], place) : [place];
  });
}
