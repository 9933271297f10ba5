import { RecorderError } from '../errors.ts';

/** Where a stream is published, taken apart as RTMP wants it. */
export interface RtmpAddress {
  readonly tls: boolean;
  /** Name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  readonly app: string;
  /** Name of the stream, most often a secret key; with the query. */
  readonly stream: string;
  /** The address up to the app: what a server is told first. No key in it. */
  readonly tcUrl: string;
}

const FORM = 'rtmp[s]://host[:port]/app/stream';
const PARTS = /^(rtmps?):\/\/([^/?#]*)\/([^?#]*)(.*)$/is;
const AUTHORITY = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;

/**
 * The last segment of the path, with the query, is the stream; all before it is the app. A slash within the query belongs to
 * the query. What comes is sent as it is written, without decoding.
 *
 * @throws RecorderError `request_invalid`, without a word of the address
 */
export function parseRtmpUrl(text: string): RtmpAddress {
  const [, scheme = '', authority = '', path = '', query = ''] = PARTS.exec(text) ?? [];
  if (authority === '' || /[\s\p{Cc}]/u.test(text)) throw invalid(`expected ${FORM}`);
  if (authority.includes('@')) {
    throw invalid('expected no user and password: servers that ask for them by RTMP itself are not supported');
  }
  const tls = scheme.toLowerCase() === 'rtmps';
  const { host, port } = parseAuthority(authority);
  const split = path.lastIndexOf('/');
  const app = path.slice(0, Math.max(0, split)).replace(/^\/+|\/+$/g, '');
  const name = path.slice(split + 1);
  if (app === '' || name === '') throw invalid(`expected an app and a stream in the path: ${FORM}`);
  return {
    tls,
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: port ?? (tls ? 443 : 1935),
    app,
    stream: name + query,
    tcUrl: `${tls ? 'rtmps' : 'rtmp'}://${host}${port === null ? '' : `:${port}`}/${app}`,
  };
}

function parseAuthority(authority: string): { readonly host: string; readonly port: number | null } {
  const [, name = '', digits] = AUTHORITY.exec(authority) ?? [];
  const host = URL.parse(`http://${name}`)?.hostname ?? '';
  const port = digits === undefined ? null : Number(digits);
  if (host === '' || port === 0 || (port ?? 0) > 65_535) throw invalid(`expected a host and perhaps a port: ${FORM}`);
  return { host, port };
}

function invalid(message: string): RecorderError {
  return new RecorderError('request_invalid', `RTMP address: ${message}`);
}
