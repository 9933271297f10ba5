import { expect, test } from '@playwright/test';
import { isMonotonic, readPackets } from '../probe/media.ts';
import { leftovers } from '../support/leftovers.ts';
import { servePages } from '../support/pages.ts';
import { Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const ENV = { TAPEHEAD_WARM_SPARES: '1' };
const KEPT = '"stage":"(spare-\\w+)","picture":\\{"width":WIDTH,.*"msg":"a stage is kept ready"';
const BEGAN = '"sid":"SID","warm":(true|false),"ms":\\d+,"msg":"from the request to the first frame"';

/** @returns the name of the stage of this width that is kept ready, once it is */
async function kept(service: Service, width: number): Promise<string> {
  const [, name = ''] = await service.line(new RegExp(KEPT.replace('WIDTH', String(width))));
  return name;
}

test('a stage of the shape that was asked for is kept ready; the next start takes it, and it is as good as new', async () => {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path, ENV);
  const record = async () => {
    const recording = await service.record({ url: pages.url('visits'), videoFps: 10 });
    await recording.begun();
    const [, warm] = await service.line(new RegExp(BEGAN.replace('SID', recording.sid)));
    await recording.stop();
    expect(isMonotonic(await readPackets(await recording.file('.mp4'), 'video'))).toBe(true);
    return { sid: recording.sid, warm };
  };
  const first = await record();
  expect(first.warm).toBe('false');
  const stage = await kept(service, 640);
  const second = await record();
  expect(second.warm).toBe('true');
  // The page tells what it has kept of itself from before.
  expect(pages.requests.filter((path) => path.startsWith('/visit?'))).toEqual(['/visit?kept=', '/visit?kept=']);
  for (const name of [first.sid, second.sid, stage]) expect(await leftovers(name)).toEqual([]);
});

for (const how of ['ends', 'is killed'] as const) {
  test(`a service that ${how} leaves no stage behind`, async () => {
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path, ENV);
    const stage = await kept(service, 1280);
    expect((await leftovers(stage)).length).toBeGreaterThan(3);
    if (how === 'ends') await service[Symbol.asyncDispose]();
    else await service.killHard();
    await expect.poll(() => leftovers(stage), { timeout: 15_000 }).toEqual([]);
  });
}
