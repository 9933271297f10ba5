import { isIP } from 'node:net';

/** An address of this machine that no other can reach; IPv4 may be written as IPv6. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** @param host a `Host` header: name or address, and perhaps a port. A name can be pointed anywhere but for `localhost`. */
export function isLoopbackHost(host = ''): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}
