import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { openFrame, Sealer } from '../../../pages/shared/e2ee-frame.js';
import { findSlice } from '../../../pages/shared/e2ee-h264.js';
import { deriveKey } from '../../../pages/shared/e2ee-key.js';
import type { EncryptionPlan } from '../../../src/recording/channel.ts';

const plan: EncryptionPlan = { mode: 'aes-256-gcm', secret: 'open sesame', salt: null };
const salt = Buffer.alloc(32, 7).toString('base64');
const key = await deriveKey(plan);

const H264_HEAD = [0, 0, 0, 1, 0x67, 66, 192, 31, 0, 0, 0, 1, 0x68, 206, 60, 128, 0, 0, 0, 1];
const CODECS = {
  'video/VP8': { frame: [0x10, 2, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2, ...randomBytes(400)], clear: 10 },
  'video/vp8': { frame: [0x31, 2, 0, ...randomBytes(400)], clear: 3 },
  'video/VP9': { frame: [...randomBytes(400)], clear: 0 },
  'video/H264': { frame: [...H264_HEAD, 0x65, 0x88, 0x84, 0, 0, 3, ...randomBytes(400)], clear: H264_HEAD.length + 5 },
  'audio/opus': { frame: [0x78, ...randomBytes(80)], clear: 1 },
};

describe('sealed frames', () => {
  for (const [mimeType, { frame, clear }] of Object.entries(CODECS)) {
    it(`open again: ${mimeType}, ${clear} bytes readable on the way`, async () => {
      const sealed = await seal(frame, mimeType);
      assert.deepEqual(sealed.subarray(0, clear), Uint8Array.from(frame.slice(0, clear)));
      const rest = Buffer.from(frame.slice(clear, clear + 16));
      assert.equal(Buffer.from(sealed).indexOf(rest), -1);
      assert.deepEqual(await open(sealed, mimeType), Uint8Array.from(frame));
    });

    it(`open again when they are very short: ${mimeType}`, async () => {
      const least = mimeType === 'video/H264' ? H264_HEAD.length + 1 : 1;
      for (let length = least; length < least + 12; length++) {
        const short = frame.slice(0, length);
        assert.deepEqual(await open(await seal(short, mimeType), mimeType), Uint8Array.from(short));
      }
    });

    it(`do not open with one bit changed anywhere: ${mimeType}`, async () => {
      const sealed = await seal(frame, mimeType);
      const first = mimeType === 'video/H264' ? H264_HEAD.length : 0;
      for (let at = first; at < sealed.length; at += 7) {
        const changed = Uint8Array.from(sealed);
        changed[at] = (changed[at] ?? 0) ^ 4;
        assert.equal(await openFrame(key, mimeType, changed.buffer), null, `byte ${at}`);
      }
    });

    it(`do not open when they were never sealed, or cut: ${mimeType}`, async () => {
      assert.equal(await openFrame(key, mimeType, Uint8Array.from(frame).buffer), null);
      assert.equal(await openFrame(key, mimeType, Uint8Array.from([...frame, 0, 1]).buffer), null);
      assert.equal(await openFrame(key, mimeType, new ArrayBuffer(0)), null);
      const sealed = await seal(frame, mimeType);
      assert.equal(await openFrame(key, mimeType, sealed.buffer.slice(0, -1)), null);
    });
  }

  it('open only with the same secret, mode and salt', async () => {
    const withSalt: EncryptionPlan = { ...plan, mode: 'aes-256-gcm2', salt };
    const others: EncryptionPlan[] = [
      { ...plan, secret: 'open sesam' },
      { ...plan, mode: 'aes-128-gcm' },
      withSalt,
      { ...withSalt, salt: Buffer.alloc(32, 8).toString('base64') },
      { ...withSalt, mode: 'aes-128-gcm2' },
    ];
    const keys = [key, ...(await Promise.all(others.map(deriveKey)))];
    for (const [i, sealing] of keys.entries()) {
      const sealed = await seal(CODECS['audio/opus'].frame, 'audio/opus', new Sealer(sealing));
      for (const [j, opening] of keys.entries()) {
        const opened = await openFrame(opening, 'audio/opus', sealed.buffer);
        assert.equal(opened !== null, i === j, `sealed with key ${i}, opened with ${j}`);
      }
    }
  });

  it('keep H.264 readable as NAL units: one slice, whatever the ciphertext', async () => {
    const sealer = new Sealer(key);
    for (let i = 0; i < 300; i++) {
      const sealed = await seal(CODECS['video/H264'].frame, 'video/H264', sealer);
      assert.equal(findSlice(sealed), H264_HEAD.length);
      assert.equal(findSlice(sealed.subarray(H264_HEAD.length)), -1);
      assert.notEqual(sealed.at(-1), 0);
    }
  });

  it('open though the head of H.264 was written anew on the way', async () => {
    const { frame } = CODECS['video/H264'];
    const sealed = await seal(frame, 'video/H264');
    const newHead = Uint8Array.from([0, 0, 1, 0x67, 66, 1, 2, 3, 0, 0, 1]);
    const sent = Uint8Array.from([...newHead, ...sealed.subarray(H264_HEAD.length)]);
    const expected = Uint8Array.from([...newHead, ...frame.slice(H264_HEAD.length)]);
    assert.deepEqual(await open(sent, 'video/H264'), expected);
  });

  it('never have the IV of another, nor of another sender', async () => {
    const seen = new Set<string>();
    const sealers = [new Sealer(key), new Sealer(key)];
    for (let i = 0; i < 200; i++) {
      for (const sealer of sealers) {
        const sealed = await seal([1, 2, 3], 'audio/opus', sealer);
        seen.add(Buffer.from(sealed.subarray(-14, -2)).toString('hex'));
      }
    }
    assert.equal(seen.size, 400);
  });

  it('are not made of an unknown codec, nor of H.264 without a picture', async () => {
    const sealer = new Sealer(key);
    assert.equal(await sealer.seal('video/AV1', Uint8Array.of(1, 2, 3).buffer), null);
    assert.equal(await sealer.seal(undefined, Uint8Array.of(1, 2, 3).buffer), null);
    assert.equal(await sealer.seal('video/H264', Uint8Array.from(H264_HEAD).buffer), null);
  });
});

describe('the key', () => {
  it('has the length that its mode says', async () => {
    const lengths = { 'aes-128-gcm': 128, 'aes-256-gcm': 256, 'aes-128-gcm2': 128, 'aes-256-gcm2': 256 } as const;
    for (const [mode, length] of Object.entries(lengths)) {
      const made = await deriveKey({
        mode: mode as keyof typeof lengths,
        secret: 'x',
        salt: mode.endsWith('2') ? salt : null,
      });
      assert.deepEqual({ ...made.algorithm }, { name: 'AES-GCM', length });
      assert.equal(made.extractable, false);
    }
  });

  it('is what the documentation says, so that others can make it', async () => {
    const { pbkdf2Sync, createDecipheriv } = await import('node:crypto');
    const bytes = Buffer.concat([Buffer.from('tapehead e2ee 1 aes-256-gcm2'), Buffer.alloc(32, 7)]);
    const raw = pbkdf2Sync('pässword', bytes, 600_000, 32, 'sha256');
    const made = await deriveKey({ mode: 'aes-256-gcm2', secret: 'pässword', salt });
    const sealed = Buffer.from(await seal([9, 8, 7, 6], 'audio/opus', new Sealer(made)));
    const decipher = createDecipheriv('aes-256-gcm', raw, sealed.subarray(-14, -2));
    decipher.setAAD(sealed.subarray(0, 1)).setAuthTag(sealed.subarray(-30, -14));
    assert.deepEqual([...Buffer.concat([decipher.update(sealed.subarray(1, -30)), decipher.final()])], [8, 7, 6]);
  });
});

async function seal(frame: readonly number[], mimeType: string, sealer = new Sealer(key)) {
  const sealed = await sealer.seal(mimeType, Uint8Array.from(frame).buffer);
  assert.ok(sealed, 'nothing was sealed');
  return new Uint8Array(sealed);
}

async function open(sealed: Uint8Array<ArrayBuffer>, mimeType: string) {
  const opened = await openFrame(key, mimeType, sealed.buffer);
  assert.ok(opened, 'it did not open');
  return new Uint8Array(opened);
}
