import { networkInterfaces } from 'node:os';

/** An IPv4 address of this machine that is not loopback; null when it has none. */
export function ownAddress(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? null;
}
