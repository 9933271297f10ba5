import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { ProtectionProfileAeadAes128Gcm, ProtectionProfileAes128CmHmacSha1_80, RtpHeader, saltLength } from 'werift';
import { parseRtp } from '../../../src/hub/rtp.ts';
import { Srtp } from '../../../src/hub/srtp.ts';

const PROFILES = { 'AES-GCM': ProtectionProfileAeadAes128Gcm, 'AES-CM and HMAC': ProtectionProfileAes128CmHmacSha1_80 };

function pair(profile: (typeof PROFILES)[keyof typeof PROFILES]): [Srtp, Srtp] {
  const bytes = () => ({ key: randomBytes(16), salt: randomBytes(saltLength(profile)) });
  const [a, b] = [bytes(), bytes()];
  const keys = (local: typeof a, remote: typeof a) =>
    ({ profile, localKey: local.key, localSalt: local.salt, remoteKey: remote.key, remoteSalt: remote.salt }) as const;
  return [new Srtp(keys(a, b)), new Srtp(keys(b, a))];
}

function seal(srtp: Srtp, sequence: number): Buffer {
  const header = new RtpHeader({ ssrc: 7, sequenceNumber: sequence & 0xffff, payloadType: 96 });
  return srtp.seal(header, Buffer.from([sequence & 0xff]));
}

for (const [name, profile] of Object.entries(PROFILES)) {
  describe(`SRTP with ${name}`, () => {
    test('is opened by the other side only, and only unchanged', () => {
      const [a, b] = pair(profile);
      const sealed = seal(a, 5);
      assert.equal(pair(profile)[1].open(sealed), null);
      const damaged = Buffer.from(sealed);
      damaged[13] = (damaged[13] ?? 0) ^ 1;
      assert.equal(b.open(damaged), null);
      assert.equal(b.open(sealed.subarray(0, 14)), null);
      assert.equal(parseRtp(b.open(sealed) ?? Buffer.alloc(0))?.sequence, 5);
      const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 9]);
      assert.deepEqual(b.openControl(a.sealControl(report)), report);
      assert.equal(b.openControl(randomBytes(40)), null);
    });

    test('goes on over the end of the range, whatever is lost or sent again there', () => {
      const [a, b] = pair(profile);
      const order = [65_000, 65_400, 65_536 + 300, 65_500, 65_536 + 301, 65_536 + 101, 131_000, 131_072 + 5];
      for (const sequence of order) {
        const opened = b.open(seal(a, sequence));
        assert.ok(opened, `${sequence} is opened`);
        assert.equal(opened.at(-1), sequence & 0xff);
      }
    });
  });
}
