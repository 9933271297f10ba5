import { expect, test } from '@playwright/test';
import {
  AGORA,
  BOTH,
  enterHub,
  enterRoom,
  type HubRoom,
  LIVEKIT,
  PATIENCE_MS,
  publisher,
  REAL_AGORA,
  REAL_LIVEKIT,
  WHEP,
} from '../support/channel-rooms.ts';
import { openHeadless } from '../support/headless.ts';

test.describe('hub', () => {
  test('users and their streams come and go, each wanted kind once', async () => {
    await using room = await enterHub();
    const { hub, told, calls } = room;
    hub.setUsers([publisher('1', 'p1'), { uid: '2', role: 'audience', audio: false, video: false, publication: null }]);
    await room.join({ '1': BOTH });
    await told('joined true', 'users 1 host audio video,2 audience', 'track 1 audio live', 'track 1 video live');
    expect(hub.requests[0]?.url).toBe('/v1/apps/app/channels/a%20room%2F1/users?uid=900&role=recorder');
    expect(hub.requests[0]?.authorization).toBe('Bearer TOKEN');
    await calls('1 high audio video');

    // Its sound alone: the picture is gone at once, the sound goes on by a connection that has nothing else.
    await room.subscribe({ '1': { audio: true, video: false } });
    await told('track 1 video null', 'track 1 audio live');
    await calls('1 high audio ', 'close 1 high audio video');

    // It publishes anew.
    hub.setUsers([publisher('1', 'p2')]);
    await told('users 1 host audio video', 'track 1 audio live');
    await calls('1 high audio ', 'close 1 high audio ');

    // Nobody asked for the second one.
    hub.setUsers([publisher('1', 'p2'), publisher('3', 'p3')]);
    await told('users 1 host audio video,3 host audio video');
    hub.setUsers([publisher('3', 'p3')]);
    await told('users 3 host audio video', 'track 1 audio null');
    await calls('close 1 high audio ');
    await room.leavesNothing();
  });

  test('finds back to a hub that is lost, and to a publisher', async () => {
    await using room = await enterHub();
    const { hub, told } = room;
    hub.setUsers([publisher('1', 'p1')]);
    await room.join({ '1': BOTH }, { lowStream: true });
    await told('joined true', 'users 1 host audio video', 'track 1 audio live', 'track 1 video live');
    await room.calls('1 low audio video');
    // Nobody is thought to be gone meanwhile.
    hub.end('hub_lost');
    await told('note the list of users ended: hub_lost', 'joined false', 'joined true');
    hub.drop();
    await told(expect.stringContaining('note the hub cannot be reached'), 'joined false', 'joined true');
    hub.refuse({ status: 503, code: 'hub_starting' });
    hub.end('hub_lost');
    await told('note the list of users ended: hub_lost', 'joined false', 'note the hub refused: refused: hub_starting');
    hub.refuse(null);
    await told('joined true');

    await room.call(WHEP, 'lose', '1');
    await told('track 1 audio null', 'track 1 video null', 'track 1 audio live', 'track 1 video live');
    await room.calls('close 1 low audio video', '1 low audio video');
    await room.leavesNothing();
  });

  test('is not in the channel when it may not be', async () => {
    for (const [status, code, reason] of [
      [401, 'token_expired', 'token_expired'],
      [401, 'token_invalid', 'token_invalid'],
    ] as const) {
      await using room = await enterHub();
      room.hub.refuse({ status, code });
      await room.join({});
      await room.told(`refused ${reason} refused: ${code}`);
      await room.leavesNothing();
      expect(room.hub.requests).toHaveLength(1);
    }
  });

  test('gives all streams back when it is refused later on', async () => {
    for (const refuse of [
      async ({ hub }: HubRoom) => hub.end('uid_taken'),
      async ({ hub, call }: HubRoom) => {
        await call(WHEP, 'refuse', { status: 401, code: 'token_expired' });
        hub.setUsers([publisher('1', 'p2')]);
      },
    ]) {
      await using room = await enterHub();
      room.hub.setUsers([publisher('1', 'p1')]);
      await room.join({ '1': BOTH });
      await room.told('joined true', 'users 1 host audio video', 'track 1 audio live', 'track 1 video live');
      await refuse(room);
      await expect.poll(room.openConnections).toBe(0);
      const lines = (await room.takeLines()).map((line) => line.split(' ').slice(0, 2).join(' '));
      expect(lines).toEqual([
        'joined false',
        expect.stringMatching(/^refused (uid_taken|token_expired)$/),
        'track 1',
        'track 1',
      ]);
      await room.leavesNothing();
    }
  });

  test('storms of users who come and go leave nothing behind', async () => {
    await using room = await enterHub();
    const uids = ['1', '2', '3', '4', '5'];
    const wanted = Object.fromEntries(uids.map((uid) => [uid, BOTH]));
    await room.join(wanted);
    for (let round = 0; round < 20; round++) {
      room.hub.setUsers(
        uids.filter((_, i) => (round + i) % 3 > 0).map((uid) => publisher(uid, `${uid}-${round >> 1}`)),
      );
      if (round % 4 === 0) await room.subscribe({ ...wanted, '2': { audio: true, video: false } });
      if (round % 4 === 2) await room.subscribe(wanted);
      if (round % 7 === 6) room.hub.drop();
    }
    const last = uids.slice(0, 2);
    room.hub.setUsers(last.map((uid) => publisher(uid, `${uid}-last`)));
    await room.subscribe(wanted);
    await expect
      .poll(() => room.liveTracks(), { timeout: PATIENCE_MS })
      .toEqual(['1 audio', '1 video', '2 audio', '2 video']);
    // Two ends of two connections.
    await expect.poll(room.openConnections).toBe(4);
    await room.leavesNothing();
  });
});

test.describe('LiveKit', () => {
  const transport = { kind: 'livekit', url: 'wss://livekit.invalid' } as const;

  test('participants are users; one stream of each kind is received of those who are wanted', async () => {
    await using room = await enterRoom('livekit', transport);
    const { told, calls, call } = room;
    await call(LIVEKIT, 'enter', 'egress', 'recorder');
    await call(LIVEKIT, 'enter', 'anna');
    await call(LIVEKIT, 'publish', 'anna', 'microphone');
    await room.join({ anna: BOTH, bert: { audio: true, video: false } }, { lowStream: true });
    await told('joined true', 'users anna host audio', 'track anna audio live');
    await calls('connect wss://livekit.invalid TOKEN {"autoSubscribe":false}', 'setSubscribed anna microphone true');

    // The camera goes before the screen, whichever came first.
    await call(LIVEKIT, 'publish', 'anna', 'screen_share');
    await told('users anna host audio video', 'track anna video live');
    await calls('setSubscribed anna screen_share true', 'setVideoQuality anna screen_share 0');
    await call(LIVEKIT, 'publish', 'anna', 'camera');
    await told('track anna video live');
    const changes = ['setSubscribed anna screen_share false', 'setSubscribed anna camera true'];
    await calls(...changes, 'setVideoQuality anna camera 0');

    // In the order in which they came, and only what is wanted of them.
    await call(LIVEKIT, 'enter', 'bert');
    await told('users anna host audio video,bert audience');
    await call(LIVEKIT, 'publish', 'bert', 'camera');
    await told('users anna host audio video,bert host video');
    await call(LIVEKIT, 'publish', 'bert', 'microphone');
    await told('users anna host audio video,bert host audio video', 'track bert audio live');
    await calls('setSubscribed bert microphone true');

    await call(LIVEKIT, 'mute', 'anna', 'camera', true);
    await told('users anna host audio,bert host audio video');
    await call(LIVEKIT, 'mute', 'anna', 'camera', false);
    await told('users anna host audio video,bert host audio video');
    await room.subscribe({ anna: { audio: false, video: true } });
    await told('track anna audio null', 'track bert audio null');
    await calls('setSubscribed anna microphone false', 'setSubscribed bert microphone false');
    await call(LIVEKIT, 'unpublish', 'anna', 'screen_share');
    await call(LIVEKIT, 'unpublish', 'anna', 'camera');
    await told('users anna host audio,bert host audio video', 'track anna video null');
    await call(LIVEKIT, 'exit', 'anna');
    await told('users bert host audio video');
    await room.close();
    await calls('disconnect');
    expect(await call(LIVEKIT, 'countRooms')).toBe(0);
  });

  test('finds back to a room that is lost', async () => {
    await using room = await enterRoom('livekit', transport);
    const { told, call } = room;
    await call(LIVEKIT, 'enter', 'anna');
    await call(LIVEKIT, 'publish', 'anna', 'camera');
    await call(LIVEKIT, 'refuse', 'unreachable');
    await room.join({ anna: BOTH });
    await told(expect.stringContaining('note the LiveKit server cannot be reached'));
    await call(LIVEKIT, 'refuse', null);
    await told('joined true', 'users anna host video', 'track anna video live');
    await call(LIVEKIT, 'interrupt');
    await told('joined false');
    await call(LIVEKIT, 'restore');
    await told('joined true');
    const SERVER_SHUTDOWN = 3;
    await call(LIVEKIT, 'disconnect', SERVER_SHUTDOWN);
    await told(
      'note the room was left: SERVER_SHUTDOWN',
      'track anna video null',
      'joined false',
      'joined true',
      'track anna video live',
    );
    expect(await call(LIVEKIT, 'countRooms')).toBe(1);
  });

  test('is told why it may not be in the room', async () => {
    const expired = `h.${Buffer.from(JSON.stringify({ exp: 1_600_000_000 })).toString('base64url')}.s`;
    for (const [token, reason] of [
      [expired, 'token_expired'],
      ['nonsense', 'token_invalid'],
    ] as const) {
      await using room = await enterRoom('livekit', transport);
      await room.call(LIVEKIT, 'refuse', 'not_allowed');
      await room.join({}, { token });
      await room.told(`refused ${reason} invalid token`);
    }
    for (const [cause, reason] of [
      [2, 'uid_taken'],
      [4, 'token_invalid'],
    ] as const) {
      await using room = await enterRoom('livekit', transport);
      await room.join({});
      await room.told('joined true');
      await room.call(LIVEKIT, 'disconnect', cause);
      await room.told('joined false', expect.stringContaining(`refused ${reason}`));
      await expect.poll(() => room.call(LIVEKIT, 'countRooms')).toBe(0);
    }
  });
});

test.describe('Agora', () => {
  const transport = { kind: 'agora' } as const;

  test('users come with their streams, each kind by itself', async () => {
    await using room = await enterRoom('agora', transport);
    const { told, calls, call } = room;
    await call(AGORA, 'enter', 7);
    await room.join({ '7': BOTH, '8': { audio: true, video: false } }, { lowStream: true });
    await told('joined true', 'users 7 audience');
    await calls('createClient {"mode":"rtc","codec":"vp8"}', 'join app a room/1 TOKEN 900');
    await call(AGORA, 'send', 7, 'video', true);
    await told('users 7 host video', 'track 7 video live');
    await calls('setRemoteVideoStreamType 7 1', 'subscribe 7 video');
    await call(AGORA, 'send', 7, 'audio', true);
    await told('users 7 host audio video', 'track 7 audio live');
    await calls('subscribe 7 audio');

    await call(AGORA, 'enter', 8);
    await call(AGORA, 'send', 8, 'video', true);
    await told('users 7 host audio video,8 audience', 'users 7 host audio video,8 host video');
    await call(AGORA, 'send', 7, 'video', false);
    await told('users 7 host audio,8 host video', 'track 7 video null');
    await room.subscribe({ '7': { audio: false, video: true }, '8': BOTH });
    await told('track 7 audio null', 'track 8 video live');
    await calls('unsubscribe 7 audio', 'setRemoteVideoStreamType 8 1', 'subscribe 8 video');
    await call(AGORA, 'exit', 8);
    await told('users 7 host audio', 'track 8 video null');
    await room.close();
    await calls('leave');
    expect(await call(AGORA, 'countClients')).toBe(0);
  });

  test('is of the audience of a live channel, and decrypts it', async () => {
    await using room = await enterRoom('agora', transport);
    const salt = Buffer.alloc(32, 5).toString('base64');
    await room.call(AGORA, 'enter', 7);
    await room.join({}, { profile: 'live', encryption: { mode: 'aes-256-gcm2', secret: 'sesame', salt } });
    await room.told('joined true', 'users 7 host');
    await room.calls(
      'createClient {"mode":"live","codec":"vp8"}',
      'setClientRole audience',
      `setEncryptionConfig aes-256-gcm2 sesame ${JSON.stringify(Array(32).fill(5))}`,
      'join app a room/1 TOKEN 900',
    );
  });

  test('finds back to a channel that is lost', async () => {
    await using room = await enterRoom('agora', transport);
    const { told, call } = room;
    await call(AGORA, 'enter', 7);
    await call(AGORA, 'send', 7, 'video', true);
    await call(AGORA, 'refuse', { code: 'WS_ABORT', message: 'no route' });
    await room.join({ '7': BOTH });
    await told('note Agora cannot be reached: AgoraRTCError WS_ABORT: no route');
    await call(AGORA, 'refuse', null);
    await told('joined true', 'users 7 host video', 'track 7 video live');
    await call(AGORA, 'move', 'RECONNECTING');
    await told('joined false');
    await call(AGORA, 'move', 'CONNECTED');
    await told('joined true');
    await call(AGORA, 'move', 'DISCONNECTED', 'NETWORK_ERROR');
    await told(
      'joined false',
      'note the channel was left: NETWORK_ERROR',
      'track 7 video null',
      'joined true',
      'track 7 video live',
    );
    expect(await call(AGORA, 'countClients')).toBe(1);
  });

  test('is told why it may not be in the channel', async () => {
    const gateway = 'CAN_NOT_GET_GATEWAY_SERVER';
    for (const [code, message, reason] of [
      [gateway, 'dynamic key expired', 'token_expired'],
      [
        gateway,
        'flag: 4096, message: AgoraRTCError CAN_NOT_GET_GATEWAY_SERVER: dynamic key or token timeout',
        'token_expired',
      ],
      [gateway, 'invalid token, authorized failed', 'token_invalid'],
      [gateway, 'dynamic use static key', 'token_invalid'],
      ['UID_CONFLICT', '', 'uid_taken'],
    ] as const) {
      await using room = await enterRoom('agora', transport);
      await room.call(AGORA, 'refuse', { code, message });
      await room.join({});
      await room.told(expect.stringContaining(`refused ${reason} `));
    }
    for (const [name, args, reason] of [
      ['expireToken', [], 'token_expired'],
      ['move', ['DISCONNECTED', 'UID_BANNED'], 'token_invalid'],
      ['move', ['DISCONNECTED', 'UID_CONFLICT'], 'uid_taken'],
    ] as const) {
      await using room = await enterRoom('agora', transport);
      await room.join({});
      await room.told('joined true');
      await room.call(AGORA, name, ...args);
      await room.told('joined false', expect.stringContaining(`refused ${reason} `));
      await expect.poll(() => room.call(AGORA, 'countClients')).toBe(0);
    }
  });
});

test('the adapters load with the real libraries', async () => {
  await using headless = await openHeadless({ replaced: { [LIVEKIT]: REAL_LIVEKIT, [AGORA]: REAL_AGORA } });
  for (const kind of ['hub', 'livekit', 'agora']) {
    const keys = await headless.page.evaluate(
      async (path) => Object.keys(await import(path)),
      `/pages/composite/channels/${kind}.js`,
    );
    expect(keys).toEqual(['open']);
  }
  expect(headless.errors).toEqual([]);
});
