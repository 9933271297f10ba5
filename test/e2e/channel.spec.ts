import { expect, test } from '@playwright/test';
import { until } from '../../src/kit/deadline.ts';
import { buildToken } from '../support/access-tokens.ts';
import { look, openTab, reaches, type Seen, Watch } from '../support/channel-pages.ts';
import { isAlive } from '../support/processes.ts';
import { Service } from '../support/service.ts';
import { childOf } from '../support/sockets.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const CERTIFICATE = '0123456789abcdef0123456789abcdef';
const APPS = JSON.stringify({ signed: { certificate: CERTIFICATE } });
const COLOR = [0x33, 0x66, 0xff];
const ENCRYPTION = {
  mode: 'aes-256-gcm2',
  secret: 'our secret',
  salt: Buffer.alloc(32, 5).toString('base64'),
} as const;

/** Address of the page where people publish, which joins by itself with a small test pattern. */
function publishUrl(origin: string, more: Readonly<Record<string, string>> = {}, secrets = {}): string {
  const url = new URL('/pages/publish/', origin);
  const query = {
    app: 'demo',
    channel: 'room',
    uid: '7',
    pattern: '1',
    size: '320x180',
    fps: '10',
    auto: '1',
    ...more,
  };
  for (const [name, value] of Object.entries({ color: '3366ff', ...query })) url.searchParams.set(name, value);
  url.hash = String(new URLSearchParams(secrets));
  return url.href;
}

function viewUrl(origin: string, app = 'demo'): string {
  return `${origin}/v1/apps/${app}/channels/room/whep/7?uid=9`;
}

/** What a browser is told that asks for a page of another site. */
async function letsPagesCall(origin: string, app: string): Promise<string | null> {
  const headers = { origin: 'https://anywhere.example', 'access-control-request-method': 'POST' };
  const url = `${origin}/v1/apps/${app}/channels/room/whip?uid=7`;
  return (await fetch(url, { method: 'OPTIONS', headers })).headers.get('access-control-allow-origin');
}

/** Encoding leaves a colour nearly as it was. */
function expectColor({ color }: Seen): void {
  for (const [i, value] of COLOR.entries()) expect(Math.abs((color[i] ?? 999) - value), String(color)).toBeLessThan(30);
}

test('what a page publishes, another page sees and hears', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  await using watch = new Watch(service.origin, 'room');
  await using publisher = await openTab(publishUrl(service.origin));
  await reaches(publisher.page, 'live');
  await watch.knows('7', (user) => user?.audio === true && user.video);
  await using viewer = await openTab(`${service.origin}/pages/publish/`);
  const seen = await look(viewer.page, { endpoint: viewUrl(service.origin) });
  expectColor(seen);
  expect([seen.width, seen.height]).toEqual([320, 180]);
  expect(seen.energy).toBeGreaterThan(0);
});

test('camera and microphone are sent, and only when the person says so', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  await using watch = new Watch(service.origin, 'room');
  await using publisher = await openTab(publishUrl(service.origin, { pattern: '0' }));
  await reaches(publisher.page, 'idle');
  await publisher.page.click('#join');
  await reaches(publisher.page, 'live');
  await watch.knows('7', (user) => user?.audio === true && user.video);
  const level = (): Promise<number> => publisher.page.$eval('#level', (meter) => (meter as HTMLMeterElement).value);
  expect(await until(10_000, 50, async () => (await level()) > 10)).toBe(true);
  await using viewer = await openTab(`${service.origin}/pages/publish/`);
  const seen = await look(viewer.page, { endpoint: viewUrl(service.origin) });
  expect(seen.width).toBeGreaterThanOrEqual(320);
  expect(seen.energy).toBeGreaterThan(0);
});

for (const codec of ['vp8', 'vp9', 'h264']) {
  test(`${codec} in three sizes`, async () => {
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path);
    const simulcast = { codec, simulcast: '1', size: '1280x720' };
    await using publisher = await openTab(publishUrl(service.origin, simulcast));
    await reaches(publisher.page, 'live');
    await using viewer = await openTab(`${service.origin}/pages/publish/`);
    const large = await look(viewer.page, { endpoint: viewUrl(service.origin) });
    expectColor(large);
    const small = await look(viewer.page, { endpoint: `${viewUrl(service.origin)}&layer=low` });
    expectColor(small);
    expect([large.codec, small.codec]).toEqual([`video/${codec}`, `video/${codec}`]);
    expect(small.width).toBe(320);
    expect(small.height).toBe(180);
  });
}

test('what is encrypted is seen with the secret only', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  const { mode, secret, salt } = ENCRYPTION;
  await using publisher = await openTab(publishUrl(service.origin, { encryption: mode }, { secret, salt }));
  await reaches(publisher.page, 'live');
  await using viewer = await openTab(`${service.origin}/pages/publish/`);
  const seen = await look(viewer.page, { endpoint: viewUrl(service.origin), encryption: ENCRYPTION });
  expectColor(seen);
  expect(seen.energy).toBeGreaterThan(0);
  await expect(
    look(viewer.page, {
      endpoint: viewUrl(service.origin),
      encryption: { ...ENCRYPTION, secret: 'another' },
      limitMs: 3000,
    }),
  ).rejects.toThrow('only 0 frames came');
});

test('where tokens are asked for, a good one opens the door', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path, { TAPEHEAD_APPS: APPS });
  const tokenFor = (changes: object = {}): string =>
    buildToken({ appId: 'signed', certificate: CERTIFICATE, channel: 'room', uid: '7', ...changes });
  const signed = { app: 'signed' };
  expect(await letsPagesCall(service.origin, 'signed')).toBe('https://anywhere.example');
  expect(await letsPagesCall(service.origin, 'demo')).toBe(null);
  await using publisher = await openTab(publishUrl(service.origin, signed));
  expect(await reaches(publisher.page, 'refused')).toContain('a token is needed');
  const refusals = {
    'it has expired': tokenFor({ issuedS: 1_700_000_000 }),
    'it was made for another uid': tokenFor({ uid: '8' }),
    'it was made for another channel': tokenFor({ channel: 'elsewhere' }),
    'it was not made with the certificate': tokenFor({ certificate: 'f'.repeat(32) }),
    'it does not hold the privilege to publish video': tokenFor({ privileges: { 1: 60, 2: 60 } }),
  };
  for (const [reason, token] of Object.entries(refusals)) {
    // A change of the fragment alone loads nothing.
    await publisher.page.goto('about:blank');
    await publisher.page.goto(publishUrl(service.origin, signed, { token }));
    expect(await reaches(publisher.page, 'refused')).toContain(reason);
  }
  await publisher.page.goto('about:blank');
  await publisher.page.goto(publishUrl(service.origin, signed, { token: tokenFor() }));
  await reaches(publisher.page, 'live');
  await using viewer = await openTab(`${service.origin}/pages/publish/`);
  const endpoint = viewUrl(service.origin, 'signed');
  await expect(look(viewer.page, { endpoint })).rejects.toThrow('a token is needed');
  expectColor(await look(viewer.page, { endpoint, token: tokenFor({ uid: '9', privileges: { 1: 60 } }) }));
});

test('who has joined with a token leaves when it expires', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path, { TAPEHEAD_APPS: APPS });
  const brief = { appId: 'signed', certificate: CERTIFICATE, channel: 'room', lifeS: 8 };
  const token = buildToken(brief);
  await using publisher = await openTab(publishUrl(service.origin, { app: 'signed' }, { token }));
  await reaches(publisher.page, 'live');
  expect(await reaches(publisher.page, 'refused')).toContain('it has expired');
});

test('muting, and leaving, are noticed', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  await using watch = new Watch(service.origin, 'room');
  await using publisher = await openTab(publishUrl(service.origin));
  await watch.knows('7', (user) => user?.audio === true && user.video);
  await publisher.page.click('#camera');
  await watch.knows('7', (user) => user?.audio === true && !user.video);
  await publisher.page.click('#microphone');
  await watch.knows('7', (user) => user?.audio === false && !user.video);
  await publisher.page.click('#camera');
  await publisher.page.click('#microphone');
  await watch.knows('7', (user) => user?.audio === true && user.video);
  await publisher.page.click('#leave');
  await watch.knows('7', (user) => user === undefined);
  await reaches(publisher.page, 'idle');
  await publisher.page.click('#join');
  await watch.knows('7', (user) => user?.video === true);
  // Going to another page is leaving, too.
  await publisher.page.goto('about:blank');
  await watch.knows('7', (user) => user === undefined);
});

test('a publisher that vanishes is noticed, and may come back under its uid at any time', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  await using watch = new Watch(service.origin, 'room');
  await using first = await openTab(publishUrl(service.origin));
  const before = await watch.knows('7', (user) => user?.video === true);
  first.killHard();
  // Before it is missed.
  await using second = await openTab(publishUrl(service.origin));
  await watch.knows('7', (user) => user?.video === true && user.publication !== before?.publication);
  await using viewer = await openTab(`${service.origin}/pages/publish/`);
  expectColor(await look(viewer.page, { endpoint: viewUrl(service.origin) }));
  second.killHard();
  await watch.knows('7', (user) => user === undefined);
  await using third = await openTab(publishUrl(service.origin));
  await reaches(third.page, 'live');
  await watch.knows('7', (user) => user?.video === true);
});

test('who joins with the uid of somebody else drives them out, once', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  await using first = await openTab(publishUrl(service.origin));
  await reaches(first.page, 'live');
  await using second = await openTab(publishUrl(service.origin));
  await reaches(second.page, 'live');
  expect(await reaches(first.page, 'refused')).toBe('somebody else has joined with uid 7');
  await reaches(second.page, 'live');
});

test('when the hub is lost, those who watch are told, and publishers come back by themselves', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  await using watch = new Watch(service.origin, 'room');
  await using publisher = await openTab(publishUrl(service.origin));
  await watch.knows('7', (user) => user?.video === true);
  process.kill(childOf(service.pid, 'src/hub/main.ts'), 'SIGKILL');
  expect(await until(10_000, 20, () => watch.ended === 'hub_lost')).toBe(true);
  await reaches(publisher.page, 'waiting');
  await using again = new Watch(service.origin, 'room');
  await again.knows('7', (user) => user?.video === true);
  await reaches(publisher.page, 'live');
});

test('the service stops while people are in a channel', async () => {
  await using folder = await makeTempFolder();
  await using service = await Service.start(folder.path);
  await using watch = new Watch(service.origin, 'room');
  await using publisher = await openTab(publishUrl(service.origin));
  await watch.knows('7', (user) => user?.video === true);
  const hub = childOf(service.pid, 'src/hub/main.ts');
  process.kill(service.pid, 'SIGTERM');
  expect((await service.exited).code).toBe(0);
  expect(isAlive(hub)).toBe(false);
  await reaches(publisher.page, 'waiting');
});
