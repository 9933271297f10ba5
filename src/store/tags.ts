/** `k=v&k2=v2`, URL-encoded or not; no pairs when there is no text. */
export function parseTags(text: string | null): [string, string][] {
  return [...new URLSearchParams(text ?? '')].filter(([key]) => key !== '');
}

/** As S3's tagging header has it; undefined when there are none. */
export function tagHeader(text: string | null): string | undefined {
  const pairs = parseTags(text).map((pair) => pair.map(encodeURIComponent).join('='));
  return pairs.length > 0 ? pairs.join('&') : undefined;
}
