import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { RecorderError } from '../errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** The part of IPv6 that is given out for the Internet; ipaddr.js names ranges within and beyond it that are not. */
const INTERNET_V6 = ipaddr.parseCIDR('2000::/3');
/** Translators to IPv4 that any network may run (RFC 6052): the last 32 bits say where it really goes. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');
/** Azure's host agent has a public address that only the machine itself can reach, and tells its secrets. */
const AZURE_AGENT = ipaddr.parseCIDR('168.63.129.16/32');

/** Which addresses may be dialled: those of the public Internet, and those of the networks that the operator allows. */
export class AddressPolicy {
  readonly #allowed: readonly Network[] | null;

  /** @param allowPrivate networks (`10.0.0.0/8`, `::1`) that are allowed besides; null allows everything. */
  constructor(allowPrivate: readonly string[] | null) {
    this.#allowed = allowPrivate?.map(networkOf) ?? null;
  }

  /** @param ip an address in the one usual spelling; whatever else it is, zone ids included, is not allowed. */
  allows(ip: string): boolean {
    if (this.#allowed === null) return true;
    const address = addressOf(ip);
    return address !== null && (isPublic(address) || this.#allowed.some((network) => matches(address, network)));
  }
}

/** What is thrown for a host that the policy does not allow. It names no address that the host's name may hide. */
export function forbidden(host: string): RecorderError {
  return new RecorderError(
    'address_forbidden',
    `expected a host with a public address, got ${host}; the setting allowPrivate (TAPEHEAD_ALLOW_PRIVATE) names networks to allow`,
  );
}

function networkOf(text: string): Network {
  return ipaddr.parseCIDR(text.includes('/') ? text : `${text}/${isIP(text) === 4 ? 32 : 128}`);
}

function addressOf(ip: string): Address | null {
  const kind = isIP(ip);
  // ipaddr.js would take "::1.2.3.4" for an IPv4-mapped address; written by URL it has no dots. URL refuses zones.
  const plain = kind === 6 ? URL.parse(`http://[${ip}]`)?.hostname.slice(1, -1) : ip;
  return kind === 0 || plain === undefined ? null : destinationOf(ipaddr.parse(plain));
}

/**
 * The IPv4 address that traffic to an IPv6 address ends at, if the machine or its network would translate it. Other
 * addresses that carry one (6to4, Teredo, IPv4-compatible) belong to ranges that are not public.
 */
function destinationOf(address: Address): Address {
  if (address instanceof ipaddr.IPv4) return address;
  const translated = address.isIPv4MappedAddress() || matches(address, NAT64);
  return translated ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' ? !matches(address, AZURE_AGENT) : matches(address, INTERNET_V6);
}

function matches(address: Address, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}
