import { AddressPolicy } from '../../src/net/address-policy.ts';
import { dial } from '../../src/net/dial.ts';
import { trust } from '../../src/net/trust.ts';
import type { Dial } from '../../src/push/publisher.ts';

/** Connects wherever it is told to. @param caFile certificates that are trusted for RTMPS besides the usual ones */
export function dialAnywhere(caFile: string | null = null): Dial {
  const policy = new AddressPolicy(null);
  return ({ host, port, tls }, signal) => dial({ host, port, policy, signal, ...(tls ? { tls: trust(caFile) } : {}) });
}
