import { expect, test } from '@playwright/test';
import type { EncryptionPlan } from '../../src/recording/channel.ts';
import type { Received } from '../pages/e2ee-loop.js';
import { openHeadless } from '../support/headless.ts';

const LOOP = '/test/pages/e2ee-loop.js';
const salt = Buffer.alloc(32, 9).toString('base64');

const CASES: readonly (readonly [codec: string, plan: EncryptionPlan])[] = [
  ['video/VP8', { mode: 'aes-128-gcm', secret: 'sesame', salt: null }],
  ['video/VP9', { mode: 'aes-256-gcm', secret: 'sesame', salt: null }],
  ['video/H264', { mode: 'aes-256-gcm2', secret: 'sesame', salt }],
];

for (const [codec, plan] of CASES) {
  test(`${codec} and Opus with ${plan.mode}: seen and heard with the secret, and not without it`, async () => {
    await using headless = await openHeadless();
    const { call, errors } = headless;

    const right = await call<Received>(LOOP, 'sendAndReceive', { codec, send: plan, receive: plan });
    expect(right).toMatchObject({ codec, dropped: 0, notes: [] });
    const [red = 0, green = 0, blue = 0] = right.colour ?? [];
    expect([red > 220, green > 90 && green < 160, blue < 40], `rgb ${red} ${green} ${blue}`).toEqual([
      true,
      true,
      true,
    ]);

    const other = { ...plan, secret: 'sesam' };
    for (const [send, receive] of [
      [plan, other],
      [null, plan],
    ]) {
      const wrong = await call<Received>(LOOP, 'sendAndReceive', { codec, send, receive });
      expect(wrong).toMatchObject({ pictures: 0, colour: null, soundEnergy: 0 });
      expect(wrong.packets).toBeGreaterThan(0);
      expect(wrong.notes).toEqual(['frames are dropped: they are not encrypted, or with another mode, secret or salt']);
    }
    expect(errors).toEqual([]);
  });
}
