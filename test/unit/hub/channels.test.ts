import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GenericNack, PictureLossIndication, RtcpPayloadSpecificFeedback, RtcpSrPacket } from 'werift';
import type { HubUser, Member } from '../../../src/channel/hub.ts';
import { RecorderError } from '../../../src/errors.ts';
import { Channels } from '../../../src/hub/channels.ts';
import { lossyWay } from './lossy-way.ts';
import { until } from './until.ts';
import { publishByWerift, viewByWerift, type WeriftPublisher, type WeriftViewer } from './werift-peer.ts';

const WATCHER = 1;

function member(uid: string, role: Member['role'] = 'publisher'): Member {
  return { appId: 'app', channel: 'room', uid, role };
}

async function setUp(ports: readonly [number, number]) {
  let users: readonly HubUser[] = [];
  const channels = await Channels.create({
    settings: { publicAddress: null, ports },
    events: {
      onUsers: (_, now) => {
        users = now;
      },
      onTaken: () => {},
    },
    log: () => {},
  });
  channels.roster.enter(WATCHER, member('99', 'recorder'));
  return {
    channels,
    users: () => users,
    publish: (uid: string) => publishByWerift((offer) => channels.publish(member(uid), offer)),
    view: (uid: string) => viewByWerift((offer) => channels.view(member('99', 'recorder'), uid, 'high', offer)),
    [Symbol.dispose]: () => channels[Symbol.dispose](),
  };
}

/** A picture every 10 ms, with sound. */
async function sendPictures(publisher: WeriftPublisher, from: number, count: number): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    publisher.send('video', index, index * 900, Buffer.from([0x10, index === from ? 0 : 1, index >> 8, index & 0xff]));
    publisher.send('audio', index, index * 480, Buffer.from([index >> 8, index & 0xff]));
    await sleep(10);
  }
}

function picturesOf({ got }: WeriftViewer): number[] {
  return got.flatMap(({ kind, packet }) => (kind === 'video' ? packet.payload.readUInt16BE(2) : []));
}

function asks(publisher: WeriftPublisher): number {
  return publisher.heard.filter(
    (packet) => packet instanceof RtcpPayloadSpecificFeedback && packet.feedback instanceof PictureLossIndication,
  ).length;
}

async function code(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => 'done',
    (error: unknown) => (error instanceof RecorderError ? error.code : String(error)),
  );
}

describe('channels of the hub', () => {
  test('what one publishes, another gets unchanged, with its times', async () => {
    using hub = await setUp([43_000, 43_009]);
    await using publisher = await hub.publish('1');
    await using viewer = await hub.view('1');
    assert.deepEqual(
      hub.users().map(({ uid, role, audio, video }) => ({ uid, role, audio, video })),
      [{ uid: '1', role: 'host', audio: false, video: false }],
    );
    await sendPictures(publisher, 300, 40);
    await until('all has come', () => picturesOf(viewer).length === 40);
    assert.deepEqual(
      picturesOf(viewer),
      Array.from({ length: 40 }, (_, index) => 300 + index),
    );
    const timestamps = viewer.got.map(({ kind, packet }) => [kind, packet.header.timestamp]);
    assert.deepEqual(timestamps.slice(0, 2).sort(), [
      ['audio', 300 * 480],
      ['video', 300 * 900],
    ]);
    assert.ok(hub.users()[0]?.audio && hub.users()[0]?.video, 'sound and picture arrive');
    await until('the viewer knows the clock of the publisher', () =>
      viewer.heard.some((packet) => packet instanceof RtcpSrPacket),
    );
    await until('it is noticed that nothing comes any more', () => {
      const [user] = hub.users();
      return user?.audio === false && user.video === false;
    });
  });

  test('each viewer that comes, or asks, makes the publisher send a key frame', async () => {
    using hub = await setUp([43_010, 43_019]);
    await using publisher = await hub.publish('1');
    await sendPictures(publisher, 0, 5);
    assert.equal(asks(publisher), 0);
    await using viewer = await hub.view('1');
    await until('a key frame is asked for', () => asks(publisher) === 1);
    await sendPictures(publisher, 5, 5);
    await until('pictures come', () => picturesOf(viewer).length > 0);
    for (let times = 0; times < 20; times += 1) await viewer.askForKeyFrame();
    await until('one more is asked for', () => asks(publisher) > 1);
    assert.ok(asks(publisher) < 5, 'but not one for each request');
  });

  test('what gets lost on the way to the hub, or from it, is sent again', async () => {
    using hub = await setUp([43_020, 43_029]);
    await using way = lossyWay(0.1);
    const { channels } = hub;
    await using publisher = await publishByWerift(async (offer) =>
      way.through(await channels.publish(member('1'), offer)),
    );
    await using viewer = await viewByWerift(async (offer) =>
      way.through(await channels.view(member('99', 'recorder'), '1', 'high', offer)),
    );
    await sendPictures(publisher, 0, 5);
    way.begin();
    await sendPictures(publisher, 5, 195);
    const asked = () =>
      publisher.heard.some((packet) => 'feedback' in packet && packet.feedback instanceof GenericNack);
    await until('lost packets are asked for', asked);
    await sendPictures(publisher, 200, 20);
    await until('nearly all has come', () => new Set(picturesOf(viewer).filter((index) => index < 200)).size >= 190);
  });

  test('who publishes again takes the place of what was before, and its viewers come anew', async () => {
    using hub = await setUp([43_030, 43_039]);
    await using first = await hub.publish('1');
    await using _viewer = await hub.view('1');
    const before = hub.users()[0]?.publication;
    await using _second = await hub.publish('1');
    assert.equal(hub.users().length, 1);
    assert.notEqual(hub.users()[0]?.publication, before);
    assert.equal(hub.channels.end(first.session), false, 'the first session is over');
    assert.deepEqual(hub.channels.held, { sessions: 1, ports: 1, rooms: 1 });
  });

  test('a session is ended once, and its user leaves', async () => {
    using hub = await setUp([43_040, 43_049]);
    await using publisher = await hub.publish('1');
    await using viewer = await hub.view('1');
    assert.equal(hub.channels.end(viewer.session), true);
    assert.equal(hub.channels.end(viewer.session), false);
    assert.equal(hub.channels.end(publisher.session), true);
    assert.deepEqual(hub.users(), []);
    assert.equal(await code(hub.view('1')), 'recording_not_found');
  });

  test('offers that nothing can be made of are refused, and leave nothing behind', async () => {
    using hub = await setUp([43_050, 43_059]);
    const offers = [
      '',
      'v=0\r\n',
      'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n',
      'x'.repeat(300_000),
    ];
    for (const offer of offers) assert.equal(await code(hub.channels.publish(member('1'), offer)), 'request_invalid');
    assert.deepEqual(hub.channels.held, { sessions: 0, ports: 0, rooms: 1 });
  });

  test('one more than there are ports is refused', async () => {
    using hub = await setUp([43_060, 43_061]);
    await using _first = await hub.publish('1');
    await using _second = await hub.publish('2');
    assert.equal(await code(hub.publish('3')), 'over_capacity');
    assert.ok(hub.channels.end(_first.session));
    await until('its port is given back', () => hub.channels.held.ports === 1);
    await using _third = await hub.publish('3');
  });

  test('fifty that come and go, five of them connected, leave nothing behind', async () => {
    const before = countResources();
    {
      using hub = await setUp([43_100, 43_199]);
      let offer = '';
      for (let uid = 1; uid <= 5; uid += 1) {
        await using publisher = await publishByWerift(async (sdp) => {
          offer = sdp;
          return await hub.channels.publish(member(String(uid)), sdp);
        });
        await using _viewer = await hub.view(String(uid));
        assert.ok(hub.channels.end(publisher.session));
      }
      const waiting = Array.from({ length: 45 }, (_, uid) => hub.channels.publish(member(String(uid)), offer));
      const sessions = await Promise.all(waiting);
      assert.deepEqual(hub.channels.held, { sessions: 45, ports: 45, rooms: 1 });
      for (const { id } of sessions.slice(0, 40)) assert.ok(hub.channels.end(id));
      hub[Symbol.dispose]();
      await until('all ports are given back', () => hub.channels.held.ports === 0);
      assert.deepEqual(hub.channels.held, { sessions: 0, ports: 0, rooms: 1 });
    }
    await until('no socket and no timer is left', () => countResources() <= before);
  });
});

function countResources(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap' || name === 'Timeout').length;
}
