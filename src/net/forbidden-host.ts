import { isIP } from 'node:net';
import { type AddressPolicy, forbidden } from './address-policy.ts';

const LOOPBACK = ['127.0.0.1', '::1'];

/**
 * Says early, before anything is dialled, why a URL must not be opened: its host is an address, however it is spelt, or a
 * name of this machine, that the policy does not allow. Other names are judged when they are dialled, by the addresses that
 * they then have. @returns null when nothing speaks against it so far.
 */
export function forbiddenHost(url: string, policy: AddressPolicy): string | null {
  const host = plainHost(url);
  if (host === null) return 'expected a URL with a host';
  if (isIP(host) !== 0) return policy.allows(host) ? null : forbidden(host).message;
  if (!isLocalName(host)) return null;
  return LOOPBACK.some((ip) => policy.allows(ip)) ? null : forbidden(host).message;
}

/** `0x7f.1`, `2130706433`, `127.0.0.1.` and `127%2e0.0.1` become `127.0.0.1`; brackets go. */
function plainHost(url: string): string | null {
  const written = URL.parse(url)?.host;
  // Browsers read hosts so; in URLs of schemes that they do not know (rtmp), URL leaves them as they are written.
  const host = written ? URL.parse(`http://${written}`)?.hostname : undefined;
  return host ? host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '') : null;
}

function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}
