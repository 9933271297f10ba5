import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

const LOOPBACK = '127.0.0.1';

/** The addresses under which this machine is reached: the public one first, then its own, loopback for its own recorder last. */
export function hostAddresses(publicAddress: string | null, interfaces = networkInterfaces()): string[] {
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'))
    .map(({ address }) => address);
  return [...new Set([...(publicAddress === null ? [] : [publicAddress]), ...own, LOOPBACK])];
}

/** Pure: host candidates (RFC 8839, 5.1), the first preferred. `v6`: the socket takes IPv6 as well. */
export function candidateLines(addresses: readonly string[], port: number, v6: boolean): string[] {
  return addresses
    .filter((address) => v6 || isIPv4(address))
    .map((address, index) => {
      // RFC 8445, 5.1.2.1: type preference of host candidates, local preference, component 1.
      const priority = 126 * 2 ** 24 + (65535 - index) * 2 ** 8 + 255;
      return `a=candidate:${index + 1} 1 udp ${priority} ${address} ${port} typ host`;
    });
}
