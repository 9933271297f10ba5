import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { describe, it } from 'node:test';
import { AddressPolicy } from '../../../src/net/address-policy.ts';
import { buildAgents } from '../../../src/net/guarded-agent.ts';
import { AzureStore } from '../../../src/store/azure.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { S3Store } from '../../../src/store/s3.ts';
import { GO_ON, objectOf, orderOf } from './orders.ts';

const context = { agents: { http: new Agent(), https: new TlsAgent() } };

describe('a store is opened', () => {
  it('by Azure’s own SDK for vendor 5', () => {
    using store = openStore(orderOf({ vendor: 5, accessKey: 'account' }), context);
    assert.ok(store instanceof AzureStore);
    assert.equal(store.place, 'https://account.blob.core.windows.net/recordings');
  });

  it('by Amazon’s for others', () => {
    using store = openStore(orderOf({ vendor: 1 }), context);
    assert.ok(store instanceof S3Store);
    assert.equal(store.place, 'https://s3.us-east-1.amazonaws.com/recordings');
  });

  for (const [sdk, order] of [
    ['Amazon’s', orderOf({ endpoint: 'http://127.0.0.1:1' })],
    ['Amazon’s', orderOf({ endpoint: 'https://[::1]:1' })],
    ['Azure’s', orderOf({ vendor: 5, endpoint: 'http://127.0.0.1:1/account' })],
    ['Azure’s', orderOf({ vendor: 5, endpoint: 'https://localhost:1/account' })],
  ] as const) {
    it(`by ${sdk} never reaches ${order.endpoint} when the agents refuse it`, async () => {
      const agents = buildAgents(new AddressPolicy([]), { caFile: null });
      using store = openStore(order, { agents });
      const refused = { failure: 'configuration', code: 'address_forbidden' };
      await assert.rejects(store.probe(GO_ON), refused);
      await assert.rejects(store.put(objectOf('a.ts', Buffer.from('x')), GO_ON), refused);
    });
  }

  it('not for an account that there cannot be', () => {
    const order = orderOf({ vendor: 5, accessKey: 'not/an/account' });
    assert.throws(() => openStore(order, context), { name: 'StoreError', failure: 'configuration' });
  });
});
