import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payloadBytes } from '../../../src/quality/payload.ts';
import { packet, VIDEO } from '../../support/packets.ts';

test('what fills a packet up is not counted', () => {
  const plain = packet({ pid: VIDEO });
  assert.equal(payloadBytes(plain), 184);
  // Flags and a clock reference: 1 + 1 + 6 bytes.
  const withClock = packet({ pid: VIDEO, start: true, key: true, pts: 0, pcr: { base: 0, extension: 0 } });
  assert.equal(payloadBytes(withClock), 176);
  assert.equal(payloadBytes(Buffer.concat([withClock, plain, plain])), 176 + 2 * 184);
});
