import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { ATTACKER, openAttackServer } from '../support/attack-server.ts';
import { openVictim, type Victim } from '../support/attack-victim.ts';
import { type Program, startProgram } from '../support/program.ts';
import { Service } from '../support/service.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const EVERYTHING = '127.0.0.0/8,::1';

/** Settings of a service that tells the victim what happens. */
function settingsFor(victim: Victim, allowed: string): Record<string, string> {
  const receiver = { url: `http://127.0.0.2:${victim.port}/callback`, secret: 'secret' };
  return { TAPEHEAD_ALLOW_PRIVATE: allowed, TAPEHEAD_CALLBACKS: JSON.stringify({ '*': receiver }) };
}

function pushTo(rtmpUrl: string): object {
  return { serviceName: 'rtmp_publish_service', serviceParam: { outputs: [{ rtmpUrl }] } };
}

function recorderOf(url: string): object {
  const serviceParam = { url, audioProfile: 0, videoWidth: 640, videoHeight: 360, maxRecordingHour: 1 };
  return { serviceName: 'web_recorder_service', serviceParam };
}

function storeAt(endpoint: string): object {
  const account = { bucket: 'bucket', accessKey: 'key', secretKey: 'secret' };
  return { vendor: 11, region: 0, ...account, extensionParams: { endpoint } };
}

test.describe('a recording', () => {
  test('reaches nothing that is not allowed, and is made all the same', async () => {
    await using victim = await openVictim();
    await using attacker = await openAttackServer();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path, settingsFor(victim, ATTACKER));
    const recording = await service.record({ url: attacker.page(victim.port) });
    await recording.begun();
    const results = await attacker.done;
    await recording.stop();
    expect([...victim.hits], results).toEqual([]);
    await recording.file('.mp4');
  });

  test('reaches on all of these ways what is allowed', async () => {
    await using victim = await openVictim();
    await using attacker = await openAttackServer();
    await using folder = await makeTempFolder();
    const settings = { ...settingsFor(victim, EVERYTHING), TAPEHEAD_WEBRTC_UDP: 'true' };
    await using service = await Service.start(folder.path, settings);
    const url = attacker.page(victim.port);
    const extensionServices = [recorderOf(url), pushTo(`rtmp://127.0.0.6:${victim.port}/live/key`)];
    const recording = await service.record({ url }, { extensionServiceConfig: { extensionServices } });
    await recording.begun();
    const results = await attacker.done;
    const missed = () => victim.ways.filter((way) => !victim.hits.has(way));
    await expect.poll(missed, { message: results, timeout: 20_000 }).toEqual([]);
    await recording.stop();
  });

  test('does not follow a page to what is not allowed', async () => {
    await using victim = await openVictim();
    await using attacker = await openAttackServer();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path, settingsFor(victim, ATTACKER));
    const recording = await service.record({ url: attacker.redirect(`http://127.0.0.2:${victim.port}/redirect`) });
    expect(await recording.ended()).toContain('access_url_failed');
    expect([...victim.hits]).toEqual([]);
  });

  test('is refused where an address of page, push or store says that it is not allowed', async () => {
    await using victim = await openVictim();
    await using attacker = await openAttackServer();
    await using folder = await makeTempFolder();
    await using service = await Service.start(folder.path, settingsFor(victim, ATTACKER));
    const good = attacker.page(victim.port);
    const hosts = [
      ...['127.0.0.2', '2130706434', '0x7f.2', '0177.0.0.2', '127.2', '127.0.0.2.', '[::ffff:127.0.0.2]', '[::1]'],
      ...['localhost', '0.0.0.0', '169.254.169.254', '[fd00:ec2::254]', '10.0.0.1'],
    ];
    for (const host of hosts) {
      const at = `${host}:${victim.port}`;
      const extensionServices = [recorderOf(good), pushTo(`rtmp://${at}/live/key`)];
      for (const [url, more] of [
        [`http://${at}/fetch`, {}],
        [good, { extensionServiceConfig: { extensionServices } }],
        [good, { storageConfig: storeAt(`http://${at}`) }],
        [good, { storageConfig: storeAt(at) }],
      ] as const) {
        await expect(service.record({ url }, more), host).rejects.toThrow(/start answered 400 .*public address/);
      }
    }
    expect([...victim.hits]).toEqual([]);
  });
});

/** The service, its port, and nothing between it and the test. */
async function serve(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ program: Program; port: number }> {
  const program = startProgram(['serve', '--port', '0', '--data', folder], env);
  const [, port] = await program.line(/"port":(\d+).*"msg":"listening"/);
  return { program, port: Number(port) };
}

interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const ACQUIRE = '/v1/apps/demo/cloud_recording/acquire';
const BODY = JSON.stringify({ cname: 'room', uid: '1', clientRequest: {} });

async function acquire(port: number, { headers = {}, body = BODY }: Call): Promise<{ status: number; answer: string }> {
  const sent = requestHttp({ host: '127.0.0.1', port, path: ACQUIRE, method: 'POST', headers }).end(body);
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, answer: await text(response) };
}

test.describe('the API', () => {
  test('is closed to pages of other sites, and to names that have come to stand for this machine', async () => {
    await using folder = await makeTempFolder();
    const { program, port } = await serve(folder.path);
    await using _program = program;
    expect(await acquire(port, {})).toMatchObject({ status: 200 });
    for (const headers of [
      { host: 'rebinding.example' },
      { host: `192.168.0.1:${port}` },
      { origin: 'https://example.org' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const { status, answer } = await acquire(port, { headers });
      expect(status).toBe(403);
      expect(JSON.parse(answer)).toEqual({ message: expect.stringContaining('without credentials') });
    }
  });

  test('asks for the right credentials', async () => {
    await using folder = await makeTempFolder();
    const { program, port } = await serve(folder.path, { TAPEHEAD_CREDENTIALS: 'key:secret' });
    await using _program = program;
    const statusWith = async (credentials: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
      return (await acquire(port, { headers: { authorization } })).status;
    };
    expect((await acquire(port, {})).status).toBe(401);
    for (const wrong of ['key:wrong', 'key:', ':secret', 'key:secret:', 'KEY:secret']) {
      expect(await statusWith(wrong), wrong).toBe(401);
    }
    expect(await statusWith('key:secret')).toBe(200);
  });

  test('takes bodies of limited size, compressed ones too', async () => {
    await using folder = await makeTempFolder();
    const { program, port } = await serve(folder.path);
    await using _program = program;
    const large = ' '.repeat(20_000_000);
    expect((await acquire(port, { body: `${large.slice(0, 300_000)}${BODY}` })).status).toBe(413);
    const headers = { 'content-encoding': 'gzip' };
    expect((await acquire(port, { headers, body: gzipSync(`${large}${BODY}`) })).status).toBe(413);
    expect((await acquire(port, {})).status).toBe(200);
  });

  test('takes so many calls a second of one app id', async () => {
    await using folder = await makeTempFolder();
    const { program, port } = await serve(folder.path);
    await using _program = program;
    const answers = await Promise.all(Array.from({ length: 60 }, () => acquire(port, {})));
    expect(answers.map(({ status }) => status)).toContain(429);
  });

  test('waits for nobody who sends slowly, or nothing', async () => {
    await using folder = await makeTempFolder();
    const { program, port } = await serve(folder.path);
    await using _program = program;
    const head = `POST ${ACQUIRE} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n`;
    const clients = [slowClient(port, ''), slowClient(port, head), slowClient(port, `${head}\r\n{`)];
    await Promise.all(clients);
    expect((await acquire(port, {})).status).toBe(200);
  });
});

/** Sends this, and a character each second from then on. @returns when it has been cut off. */
async function slowClient(port: number, beginning: string): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(beginning);
  const trickle = beginning === '' ? undefined : setInterval(() => socket.write('x'), 1000);
  await once(socket.resume(), 'close');
  clearInterval(trickle);
}
