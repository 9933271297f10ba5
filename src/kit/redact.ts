import { maskUrl } from './mask-url.ts';

export const HIDDEN = '***';
// Lengths are limited so that no line, whatever is in it, takes long.
/** As far as it can reach: a query may hold brackets and quotes of other kinds. */
const URLS = /\b[a-z][a-z0-9+.-]{0,19}:\/\/[^\s"`<>\\]+/gi;
const WEB = /^(https?|wss?):$/;
/** A member of JSON whose name says that it is secret; in JSON within a text its quotes are escaped. */
const SECRET_MEMBERS =
  /(\\{0,7})"([\w.-]{0,40}(?:secret|token|password|authorization|access_?key|stream_?key|rtmp_?url|cookie)[\w.-]{0,40})\1"\s?:\s?\1"(?:\\.|[^"\\])*?\1"/gi;
const CREDENTIALS = /\b(Basic|Bearer)\s+[\w+/=.~-]{8,}/gi;

/** The address of a page without what may open it: user, query, fragment. Of others, such as RTMP, as little as maskUrl. */
export function redactUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !WEB.test(url.protocol)) return maskUrl(text);
  const query = url.search === '' ? '' : `?${HIDDEN}`;
  const fragment = url.hash === '' ? '' : `#${HIDDEN}`;
  return `${url.protocol}//${url.host}${url.pathname}${query}${fragment}`;
}

/** A text without credentials and secret parts of addresses. @param secrets are hidden wherever they stand */
export function redactText(text: string, secrets: readonly string[] = []): string {
  // The longest first: one may be part of another.
  const known = [...secrets].sort((a, b) => b.length - a.length);
  const hidden = known.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
  return hidden.replace(URLS, redactUrl).replace(CREDENTIALS, `$1 ${HIDDEN}`);
}

/** A line of the log, in JSON: the last guard, for whatever is written without care. */
export function redactLogLine(line: string): string {
  return redactText(line.replace(SECRET_MEMBERS, `$1"$2$1":$1"${HIDDEN}$1"`));
}
