// @ts-check

/** A session may be asked for by somebody who waits for it; after this nobody does. */
const ANSWER_MS = 10_000;

/** The service does not let us have what we asked for. */
export class RefusedError extends Error {
  /**
   * @param {number} status of HTTP
   * @param {string} code as the service words it: `token_expired`, ...
   * @param {string} message for people
   */
  constructor(status, code, message) {
    super(message);
    this.name = 'RefusedError';
    this.status = status;
    this.code = code;
  }
}

/**
 * Offers what the connection has been given, and takes the answer: one request, without waiting for our own candidates. The
 * hub's answer holds all of its candidates, and it learns ours from our first packet. Nothing is gathered before the answer,
 * so that the ICE servers it names are used.
 * https://www.rfc-editor.org/rfc/rfc9725.html#section-4.6
 * @param {RTCPeerConnection} pc closed when this fails
 * @param {{ endpoint: string, token: string | null, signal?: AbortSignal | undefined }} place
 * @returns {Promise<() => Promise<void>>} ends the session; may be called again
 * @throws {RefusedError | Error} the service refuses, or cannot be reached
 */
export async function exchange(pc, { endpoint, token, signal }) {
  /** @type {Record<string, string>} */
  const credentials = token === null ? {} : { authorization: `Bearer ${token}` };
  /** @type {string | null} */
  let session = null;
  const close = async () => {
    pc.close();
    const open = session;
    session = null;
    // `keepalive` lets it go out although the page is being left. Whoever is gone anyway is noticed by the hub, later.
    if (open !== null) await fetch(open, { method: 'DELETE', headers: credentials, keepalive: true }).catch(() => {});
  };
  try {
    const offer = await pc.createOffer();
    const timeout = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', ...credentials },
      body: offer.sdp ?? '',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    if (!response.ok) throw await refusalOf(response);
    session = new URL(response.headers.get('location') ?? '', response.url).href;
    const answer = await response.text();
    pc.setConfiguration({ ...pc.getConfiguration(), iceServers: iceServersOf(response.headers.get('link')) });
    await pc.setLocalDescription(offer);
    await pc.setRemoteDescription({ type: 'answer', sdp: answer });
    signal?.throwIfAborted();
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * @param {Response} response
 * @returns {Promise<RefusedError>}
 */
export async function refusalOf(response) {
  const body = await response.json().catch(() => ({}));
  const text = typeof body.message === 'string' ? body.message : `the service answered ${response.status}`;
  return new RefusedError(response.status, String(body.code ?? ''), text);
}

/**
 * `<turn:host:3478>; rel="ice-server"; username="u"; credential="c", <stun:...>; rel="ice-server"`
 * @param {string | null} link
 * @returns {RTCIceServer[]}
 */
export function iceServersOf(link) {
  /** @type {RTCIceServer[]} */
  const servers = [];
  for (const [, urls = '', parameters = ''] of (link ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[\w-]+="(?:[^"\\]|\\.)*")*)/g,
  )) {
    const named = Object.fromEntries(
      [...parameters.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [
        name,
        value.replace(/\\(.)/g, '$1'),
      ]),
    );
    if (named['rel'] !== 'ice-server') continue;
    const { username, credential } = named;
    servers.push({
      urls,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    });
  }
  return servers;
}
