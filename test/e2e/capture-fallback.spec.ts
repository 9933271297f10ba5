import { expect, test } from '@playwright/test';
import { countPageFrames, irregularities } from '../probe/counting.ts';
import { collectFrames } from '../probe/frames.ts';
import { readMedia } from '../probe/media.ts';
import { servePages } from '../support/pages.ts';
import { copyWithoutBuilt } from '../support/project-copy.ts';
import { type RecordOptions, recordPage } from '../support/record.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

test('looks at the display all the time when it is told to', async () => {
  await expectGrabbed({ env: { TAPEHEAD_CAPTURE: 'x11grab' } });
});

test('looks at the display all the time where the helper has not been built', async () => {
  await using project = await makeTempFolder();
  await expectGrabbed({ main: await copyWithoutBuilt(project) });
});

async function expectGrabbed(options: Pick<RecordOptions, 'env' | 'main'>): Promise<void> {
  await using pages = await servePages();
  await using folder = await makeTempFolder();
  const file = folder.file('talk.mp4');
  const summary = await recordPage(pages.url('animated'), file, { seconds: 4, ...options });
  expect(summary).toMatchObject({ outcome: 'complete', capture: 'x11grab', width: 640, height: 360 });

  const media = await readMedia(file);
  expect(Math.abs(media.duration - 4)).toBeLessThan(0.2);
  expect(Math.abs((media.video?.duration ?? 0) - (media.audio?.duration ?? 0))).toBeLessThan(0.2);
  const frames = await collectFrames(file);
  const count = countPageFrames(frames);
  expect(count, irregularities(frames).join('\n')).toMatchObject({ unread: 0, restarts: 0 });
  expect(count.share).toBeGreaterThan(0.95);
  expect(frames.length).toBeGreaterThan(50);
}
