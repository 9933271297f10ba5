import { isIP } from 'node:net';

/** SOCKS 5 (RFC 1928) as far as a browser speaks it to a proxy of its own: no credentials, outgoing connections only. */
const VERSION = 5;
const NO_CREDENTIALS = 0;
const NO_METHOD = 0xff;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

/** What a reply says. */
export const REPLY = {
  connected: 0,
  forbidden: 2,
  hostUnreachable: 4,
  refused: 5,
  commandUnknown: 7,
  addressUnknown: 8,
} as const;
type Reply = (typeof REPLY)[keyof typeof REPLY];

/** A message, and how many bytes of the input it took; null while there are too few. */
export type Parsed<T> = { readonly value: T; readonly length: number } | null;

export interface Destination {
  /** A name, or an address in its usual spelling without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The peer does not speak the protocol. `answer` is what it is told before the connection ends. */
export class SocksError extends Error {
  readonly answer: Buffer | null;

  constructor(message: string, answer: Buffer | null = null) {
    super(message);
    this.answer = answer;
  }
}

/**
 * The peer's first message: how it would identify itself.
 * @throws SocksError unless it can do without
 */
export function parseGreeting(bytes: Buffer): Parsed<void> {
  const [version, count] = bytes;
  if (version === undefined) return null;
  if (version !== VERSION) throw new SocksError('expected SOCKS version 5');
  if (count === undefined || bytes.length < 2 + count) return null;
  if (!bytes.subarray(2, 2 + count).includes(NO_CREDENTIALS)) {
    throw new SocksError('expected a peer without credentials', Buffer.from([VERSION, NO_METHOD]));
  }
  return { value: undefined, length: 2 + count };
}

export const GREETING_ANSWER = Buffer.from([VERSION, NO_CREDENTIALS]);

/**
 * The peer's second message: where it wants to go.
 * @throws SocksError for anything but a well-formed request for a TCP connection
 */
export function parseRequest(bytes: Buffer): Parsed<Destination> {
  if (bytes.length < 5) return null;
  const [version, command, reserved, kind = 0, first = 0] = bytes;
  if (version !== VERSION || reserved !== 0) throw new SocksError('expected a SOCKS 5 request');
  if (command !== CONNECT) throw new SocksError('expected the command CONNECT', reply(REPLY.commandUnknown));
  const from = kind === NAME ? 5 : 4;
  const to = from + addressLength(kind, first);
  if (bytes.length < to + 2) return null;
  const host = readHost(kind, bytes.subarray(from, to));
  const port = bytes.readUInt16BE(to);
  if (host === null || port === 0) throw new SocksError('expected a host and a port', reply(REPLY.addressUnknown));
  return { value: { host, port }, length: to + 2 };
}

/** The answer to a request; the address that it would name is of no use to the peer. */
export function reply(code: Reply): Buffer {
  return Buffer.from([VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0]);
}

function addressLength(kind: number, first: number): number {
  if (kind === IPV4) return 4;
  if (kind === IPV6) return 16;
  if (kind === NAME) return first;
  throw new SocksError('expected a name or an address', reply(REPLY.addressUnknown));
}

/** @returns null for what no host can be called; an address may come as a name, in its usual spelling only. */
function readHost(kind: number, bytes: Buffer): string | null {
  if (kind === IPV4) return bytes.join('.');
  if (kind === IPV6) return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':');
  const name = bytes.toString('latin1');
  return isIP(name) !== 0 || /^[\w-]+(\.[\w-]+)*\.?$/.test(name) ? name : null;
}
