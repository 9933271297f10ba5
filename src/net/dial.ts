import { type LookupAddress, promises } from 'node:dns';
import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { messageOf, RecorderError } from '../errors.ts';
import { type AddressPolicy, forbidden } from './address-policy.ts';

const DIAL_MS = 15_000;
/** After this time the next address of a host is tried. Node's own default gives up on a host at the other end of the world. */
const ATTEMPT_MS = 2_000;

/** All addresses of a name, the best first. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

export interface DialOptions {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly policy: AddressPolicy;
  /** Speak TLS, with the certificate of `host` verified by these authorities; see `trust.ts`. */
  readonly tls?: SecureContext | undefined;
  /** For all of it: name, connection and TLS. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Stands in for the system's resolver. */
  readonly resolve?: Resolve | undefined;
}

/**
 * Connects to a host at an address that the policy allows. The name is resolved once: what was checked is what is dialled, so
 * a name that changes its address in between (DNS rebinding) gains nothing. The addresses are tried one after the other.
 *
 * @returns a connected socket that belongs to the caller; its errors end it and need no listener.
 * @throws RecorderError `address_forbidden`, `unreachable`; or the signal's reason
 */
export async function dial(options: DialOptions): Promise<Socket> {
  const { host, port, policy, tls, timeoutMs = DIAL_MS, signal, resolve } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const ended = signal ? AbortSignal.any([signal, timeout]) : timeout;
  refuseLiteral(host, policy);
  ended.throwIfAborted();
  const lookup = guardedLookup(policy, resolve);
  const socket = connect({ host, port, lookup, noDelay: true, ...severalAddresses });
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal: ended });
    return tls ? await secured(socket, host, tls, ended) : socket;
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    throw asRecorderError(error, host, port, timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : null);
  }
}

/** What Node's sockets need to try all addresses of a host. */
export const severalAddresses = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: ATTEMPT_MS } as const;

async function secured(socket: Socket, host: string, tls: SecureContext, ended: AbortSignal): Promise<Socket> {
  // An address may not stand as a server's name in TLS; its certificate is held against `host` all the same.
  const servername = isIP(host) === 0 ? host : '';
  const secure = connectTls({ socket, host, servername, secureContext: tls });
  secure.on('error', () => {});
  await once(secure, 'secureConnect', { signal: ended });
  return secure;
}

/** Resolves names for Node's sockets and leaves out what the policy does not allow. Sockets do not ask it about addresses. */
export function guardedLookup(policy: AddressPolicy, resolve: Resolve = resolveBySystem): LookupFunction {
  return (host, options, callback) => {
    resolve(host)
      .then((found) => allowedOf(host, found, policy))
      .then(
        (addresses) => {
          if (options.all) callback(null, [...addresses]);
          else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
        },
        (error: unknown) => callback(error as Error, ''),
      );
  };
}

/** @throws RecorderError `address_forbidden` when `host` is an address, not a name, that the policy does not allow. */
export function refuseLiteral(host: string, policy: AddressPolicy): void {
  if (isIP(host) !== 0 && !policy.allows(host)) throw forbidden(host);
}

async function resolveBySystem(host: string): Promise<LookupAddress[]> {
  return await promises.lookup(host, { all: true });
}

function allowedOf(host: string, found: readonly LookupAddress[], policy: AddressPolicy): readonly LookupAddress[] {
  const allowed = found.filter(({ address }) => policy.allows(address));
  if (allowed.length === 0) throw forbidden(host);
  return allowed;
}

function asRecorderError(error: unknown, host: string, port: number, late: string | null): RecorderError {
  if (error instanceof RecorderError) return error;
  // The code, as the text would name the address that the host's name stands for.
  const { code } = error as { code?: unknown };
  const why = late ?? (typeof code === 'string' ? code : messageOf(error));
  return new RecorderError('unreachable', `expected a connection to ${host}:${port}: ${why}`, { cause: error });
}
