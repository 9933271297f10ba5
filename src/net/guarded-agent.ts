import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { AddressPolicy } from './address-policy.ts';
import { guardedLookup, type Resolve, refuseLiteral, severalAddresses } from './dial.ts';
import { trustedAuthorities } from './trust.ts';

export interface GuardedAgentOptions {
  /** PEM file of certificates that are trusted in addition; absolute path. */
  readonly caFile: string | null;
  /** Stands in for the system's resolver. */
  readonly resolve?: Resolve;
}

/** For everything that speaks HTTP through Node: callbacks, and the clients of the stores. */
export interface GuardedAgents {
  readonly http: Agent;
  readonly https: TlsAgent;
  /** Ends all connections. */
  destroy(): void;
}

/**
 * Agents that connect to nothing that the policy does not allow: such a request fails with the RecorderError
 * `address_forbidden`, all other failures are Node's own. Connections are kept and used again.
 */
export function buildAgents(policy: AddressPolicy, { caFile, resolve }: GuardedAgentOptions): GuardedAgents {
  const common = { keepAlive: true, lookup: guardedLookup(policy, resolve), ...severalAddresses };
  const http = refuseLiterals(new Agent(common), policy);
  const https = refuseLiterals(new TlsAgent({ ...common, ca: trustedAuthorities(caFile) }), policy);
  return {
    http,
    https,
    destroy() {
      http.destroy();
      https.destroy();
    },
  };
}

/** `lookup` is not asked about hosts that are addresses. */
function refuseLiterals<T extends Agent>(agent: T, policy: AddressPolicy): T {
  const connect = agent.createConnection;
  agent.createConnection = (options, callback) => {
    try {
      refuseLiteral(String(options.host), policy);
    } catch (error) {
      // Of the two that Node's type asks for, its agents look at the first.
      callback?.(error as Error, undefined as never);
      return undefined;
    }
    return connect.call(agent, options, callback);
  };
  return agent;
}
