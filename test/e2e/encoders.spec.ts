import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { countPageFrames } from '../probe/counting.ts';
import { collectFrames } from '../probe/frames.ts';
import { isMonotonic, readMedia, readPackets } from '../probe/media.ts';
import { checkHls } from '../probe/playlist.ts';
import { leftovers } from '../support/leftovers.ts';
import { servePages } from '../support/pages.ts';
import { startProgram } from '../support/program.ts';
import { copyWithoutBuilt } from '../support/project-copy.ts';
import { recordPage } from '../support/record.ts';
import { type Recording, Service } from '../support/service.ts';
import { makeHardwareStandIn, makeSlowStandIn } from '../support/stand-in-ffmpeg.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const WAIT = { timeout: 30_000 };

async function quality(recording: Recording) {
  const { body } = await recording.query();
  return body.serverResponse.extensionServiceState[0].payload.quality;
}

/** Its files are whole, and nothing is left of its processes. @returns how many of the page's frames are in them */
async function pageFrames(recording: Recording): Promise<number> {
  const mp4 = await recording.file('.mp4');
  expect(isMonotonic(await readPackets(mp4, 'video'))).toBe(true);
  const count = countPageFrames(await collectFrames(mp4));
  expect(count).toMatchObject({ unread: 0, restarts: 0 });
  expect((await checkHls(await recording.file('.m3u8'))).problems).toEqual([]);
  expect(await leftovers(recording.sid)).toEqual([]);
  return count.frames;
}

test('hardware that dies in a recording gives way to x264, and the next recording does not try it', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const { env, device, death } = await makeHardwareStandIn(folder, 'works');
  await using service = await Service.start(folder.file('data'), {
    ...env,
    ...{ TAPEHEAD_VAAPI_DEVICE: device, TAPEHEAD_PRESET: 'superfast' },
  });
  await service.line(/"encoder":"vaapi".*"pictures are encoded in hardware"/);
  const recording = await service.record({ url: pages.url('animated') });
  await recording.begun();
  await expect.poll(async () => (await quality(recording)).fps, WAIT).toBeGreaterThan(0);
  expect((await quality(recording)).encoder).toBe('vaapi');

  await writeFile(death, '');
  await expect.poll(async () => (await quality(recording)).encoder, WAIT).toMatch(/^x264 /);
  await service.line(/the hardware encoder failed in a recording/);
  await sleep(3000);
  expect((await quality(recording)).encodersReplaced).toBe(1);
  expect((await recording.stop()).status).toBe(200);
  const { duration } = await readMedia(await recording.file('.mp4'));
  // On a machine under pressure it may be at half the rate.
  expect(await pageFrames(recording)).toBeGreaterThan(0.4 * 15 * duration);
  expect(duration).toBeGreaterThan(3);

  const next = await service.record({ url: pages.url('animated') });
  await next.begun();
  await expect.poll(async () => (await quality(next)).encoder, WAIT).toMatch(/^x264 /);
  expect((await next.stop()).status).toBe(200);
});

test('hardware that fails its trial is not used, and the log says why', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const { env, device } = await makeHardwareStandIn(folder, 'fails');
  await using service = await Service.start(folder.file('data'), {
    ...env,
    ...{ TAPEHEAD_VAAPI_DEVICE: device, TAPEHEAD_PRESET: 'veryfast' },
  });
  await service.line(/"encoder":"vaapi".*no such hardware.*x264 is used/);
  const recording = await service.record({ url: pages.url('animated') });
  await recording.begun();
  await expect.poll(async () => (await quality(recording)).encoder, WAIT).toBe('x264 veryfast');
  expect((await recording.stop()).status).toBe(200);
  expect(await pageFrames(recording)).toBeGreaterThan(0);
});

test('the command line takes hardware too, and says how it recorded; at a steady rate a still page has every picture', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const { env, device } = await makeHardwareStandIn(folder, 'works');
  const args = ['record', pages.url('static'), '--out', folder.file('still.mp4'), '--duration', '4s', '--json'];
  await using program = startProgram([...args, '--size', '640x360', '--fps', '15', '--steady-rate'], {
    ...env,
    ...{ TAPEHEAD_ENCODER: 'vaapi', TAPEHEAD_VAAPI_DEVICE: device },
  });
  const { code, stdout } = await program.finished;
  expect(code).toBe(0);
  const summary = JSON.parse(stdout);
  expect(summary).toMatchObject({ encoder: 'vaapi', economies: [] });
  expect(['damage', 'x11grab']).toContain(summary.capture);
  expect(summary.frames).toBeGreaterThan(0.9 * 4 * 15);
});

test('a capture that fails is no reason to do without hardware', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using project = await makeTempFolder();
  const { env, device } = await makeHardwareStandIn(folder, 'works');
  const main = await copyWithoutBuilt(project);
  await mkdir(project.file('node_modules/.tapehead'));
  await writeFile(project.file('node_modules/.tapehead/frames'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const told = await recordPage(pages.url('animated'), folder.file('out.mp4'), {
    seconds: 3,
    env: { ...env, TAPEHEAD_ENCODER: 'vaapi', TAPEHEAD_VAAPI_DEVICE: device },
    main,
  });
  expect(told).toMatchObject({ outcome: 'complete', capture: 'x11grab', encoder: 'vaapi' });
});

for (const { quicker, step, how } of [
  { quicker: 'works', step: 'quicker_encoder', how: 'gives way to a quicker one' },
  { quicker: 'dies', step: 'half_rate', how: 'stays where a quicker one dies, and gets fewer pictures' },
] as const) {
  test(`an encoder that cannot keep up ${how}; the recording goes on`, async () => {
    await using pages = await servePages();
    await using folder = await makeTempFolder();
    const env = { ...(await makeSlowStandIn(folder, quicker)), TAPEHEAD_PRESET: 'superfast' };
    const file = folder.file('out.mp4');
    const told = await recordPage(pages.url('animated'), file, { seconds: 25, size: '1280x720', fps: 30, env });
    const encoder = quicker === 'works' ? 'x264 ultrafast' : 'x264 superfast';
    expect(told).toMatchObject({ outcome: 'complete', capture: 'damage', encoder });
    expect((told['economies'] as { step: string }[])[0]).toMatchObject({ step });
    const { duration } = await readMedia(file);
    expect(Math.abs(duration - 25)).toBeLessThan(0.5);
    const packets = await readPackets(file, 'video');
    expect(isMonotonic(packets)).toBe(true);
    // At its end it has all of the page again, or half of it where that was not enough; the slow one goes on as it can.
    const late = packets.filter(({ pts }) => pts > duration - 4);
    expect(late.length).toBeGreaterThan(quicker === 'works' ? 0.4 * 30 * 4 : 4);
  });
}
