/** A URL for logs and errors: scheme, host and first folder; what follows may be a stream key or a token. */
export function maskUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null) return '(not a URL)';
  const [, first = '', second] = url.pathname.split('/');
  const more = second !== undefined || url.search !== '' || url.hash !== '';
  return `${url.protocol}//${url.host}/${second === undefined && more ? '' : first}${more ? '/***' : ''}`;
}
