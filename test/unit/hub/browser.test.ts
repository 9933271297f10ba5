import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HubUser, Member } from '../../../src/channel/hub.ts';
import { HubProcess } from '../../../src/hub/hub-process.ts';
import { launchBrowser, type Peer, type TestBrowser } from './browser.ts';
import { lossyWay } from './lossy-way.ts';
import { until } from './until.ts';

function member(uid: string, role: Member['role']): Member {
  return { appId: 'app', channel: 'room', uid, role };
}

/** The page of `browser.ts` draws on #00c000; codecs and colour ranges differ a little. */
function isGreen([red = 255, green = 0, blue = 255]: readonly number[]): boolean {
  return red < 60 && green > 130 && blue < 60;
}

async function sees(viewer: Peer, width: number, height: number): Promise<void> {
  const { frames: before } = await viewer.seen();
  await until(`a moving picture of ${width}x${height} and sound come`, async () => {
    const seen = await viewer.seen();
    const { energy, colour, frames } = seen;
    return seen.width === width && seen.height === height && frames > before + 10 && energy > 0 && isGreen(colour);
  });
}

describe('the hub between browsers', () => {
  const hub = new HubProcess({ publicAddress: null, ports: [43_400, 43_499], identity: null }, () => {});
  let users: readonly HubUser[] = [];
  let browser: TestBrowser;
  let viewer: Peer;
  let watcher: Disposable;

  before(async () => {
    watcher = hub.enter(
      member('9', 'recorder'),
      (now) => {
        users = now;
      },
      assert.fail,
    );
    browser = await launchBrowser();
    viewer = await browser.open(hub);
  });

  after(async () => {
    watcher[Symbol.dispose]();
    await browser[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  });

  for (const codec of ['VP8', 'H264', 'VP9'] as const) {
    test(`${codec} and Opus are seen and heard, soon after they are asked for`, async () => {
      const publisher = await browser.open(hub);
      const session = await publisher.publish(member('1', 'publisher'), { codec });
      await until('sound and picture arrive', () => users[0]?.audio === true && users[0].video);
      await viewer.view(member('9', 'recorder'), '1', 'high');
      await sees(viewer, 1280, 720);
      const firstMs = (await viewer.page.evaluate('window.firstFrameMs')) as number;
      assert.ok(firstMs < 5000, `the first picture came after ${firstMs} ms`);
      assert.ok(await hub.end(session));
      await until('the user has left', () => users.length === 0);
      await publisher.page.close();
    });
  }

  test('of several sizes the smallest or the largest is sent', async () => {
    const publisher = await browser.open(hub);
    const session = await publisher.publish(member('2', 'publisher'), { codec: 'VP8', simulcast: true });
    await viewer.view(member('9', 'recorder'), '2', 'low');
    await sees(viewer, 320, 180);
    await viewer.view(member('9', 'recorder'), '2', 'high');
    await sees(viewer, 1280, 720);
    await hub.end(session);
    await publisher.page.close();
  });

  test('a bad way on both sides is got over', async () => {
    await using way = lossyWay(0.1, 100);
    const publisher = await browser.open({
      ...noView,
      publish: async (who, offer) => way.through(await hub.publish(who, offer)),
    });
    const session = await publisher.publish(member('3', 'publisher'), { codec: 'VP8' });
    const far = await browser.open({
      ...noPublish,
      view: async (...asked) => way.through(await hub.view(...asked)),
    });
    await far.view(member('9', 'recorder'), '3', 'high');
    await until('pictures come', async () => (await far.seen()).frames > 5);
    way.begin();
    const { frames } = await far.seen();
    await until('they still do', async () => (await far.seen()).frames > frames + 60);
    await hub.end(session);
    for (const { page } of [publisher, far]) await page.close();
  });

  test('a publisher that vanishes is noticed, and leaves', async () => {
    await using other = await launchBrowser();
    const publisher = await other.open(hub);
    const session = await publisher.publish(member('4', 'publisher'), { codec: 'VP8' });
    await until('sound and picture arrive', () => users[0]?.audio === true && users[0].video);
    const view = await viewer.view(member('9', 'recorder'), '4', 'high');
    other.kill();
    const killedMs = performance.now();
    await until('nothing arrives any more', () => users[0]?.audio !== true && users[0]?.video !== true);
    assert.ok(performance.now() - killedMs < 6000, 'within a few seconds');
    await until('the user has left', () => users.length === 0);
    assert.equal(await hub.end(session), false);
    assert.equal(await hub.end(view), false, 'its viewers are ended with it');
  });
});

const noView = { view: () => assert.fail('this page does not view') };
const noPublish = { publish: () => assert.fail('this page does not publish') };
