import { maskUrl } from '../kit/mask-url.ts';
import { redactUrl } from '../kit/redact.ts';
import type { RecordingPlan } from '../recording/plan.ts';

/** A shorter text is no secret, and hiding it wherever it stands would hide all sorts of words. */
const LEAST_LENGTH = 6;

/** The plan for people: addresses without what opens them. */
export function redactPlan(plan: RecordingPlan): RecordingPlan {
  return { ...plan, page: { ...plan.page, url: redactUrl(plan.page.url) }, pushes: plan.pushes.map(maskUrl) };
}

/**
 * Everything in the addresses of a plan that may be secret, in all the spellings that a line of a log may have it in: users,
 * queries, fragments, and of pushes the stream keys.
 */
export function secretsOf({ page, pushes }: RecordingPlan): string[] {
  const addresses = [page.url, ...pushes].flatMap((text) => URL.parse(text) ?? []);
  const parts = [...addresses.flatMap(openers), ...pushes.flatMap(streamKeys)];
  const spelled = parts.flatMap((part) => [part, decoded(part), encodeURIComponent(decoded(part))]);
  return [...new Set(spelled)].filter((part) => part.length >= LEAST_LENGTH);
}

function openers({ username, password, search, hash }: URL): string[] {
  return [username, password, search.slice(1), hash.slice(1), ...valuesIn(search), ...valuesIn(hash)];
}

/** Of `?room=a&pin=b` and of a fragment like it: a, b. */
function valuesIn(text: string): string[] {
  return text
    .slice(1)
    .split(/[?&;]/)
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
}

/** All behind the application: the key, with and without its query. */
function streamKeys(push: string): string[] {
  const [, , ...rest] = URL.parse(push)?.pathname.split('/') ?? [];
  const key = rest.join('/');
  return [key, ...rest];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone per cent sign: it stands as it is.
    return text;
  }
}
