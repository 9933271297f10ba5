import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type ConfigSources, loadConfig } from '../../../src/config/load.ts';
import { configRows } from '../../../src/config/schema.ts';
import { RecorderError } from '../../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'tapehead-config-'));
after(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  writeFileSync(path, text);
  return path;
}

/** Message of the refusal. */
function refusal(sources: ConfigSources): string {
  try {
    loadConfig({ environment: {}, ...sources });
  } catch (error) {
    assert.ok(error instanceof RecorderError);
    assert.equal(error.code, 'config_invalid');
    return error.message;
  }
  assert.fail('the configuration was taken');
}

describe('sources', () => {
  test('defaults, with an absolute data folder, frozen', () => {
    const config = loadConfig({ environment: { PATH: '/bin' }, workingFolder: '/srv/tapehead' });
    assert.deepEqual(config, {
      host: '127.0.0.1',
      port: 8080,
      data: '/srv/tapehead/data',
      credentials: [],
      rateLimitPerSecond: 10,
      logLevel: 'info',
      user: 'tapehead',
      callbackSenderAddresses: [],
      ...{ callbacks: {}, backupAfterS: 300, allowPrivate: [], webrtcUdp: false, sandbox: true, limitWebgl: false },
      ...{ apps: {}, openChannels: false, iceUdpPorts: '40000-40999', iceServers: [] },
      ...{ keepDebugBundles: 20, keepRecordsDays: 30 },
      ...{ warmSpares: 1, warmMaxAgeS: 600, capture: 'damage', steadyRate: false },
      ...{ encoder: 'auto', vaapiDevice: '/dev/dri/renderD128', preset: 'auto' },
    });
    assert.ok(Object.isFrozen(config));
    assert.ok(Object.isFrozen(config.credentials));
  });

  test('what channels need, as JSON from the environment', () => {
    const apps = {
      a1: { certificate: '0123456789abcdef0123456789abcdef' },
      b2: { channel: 'livekit', livekitUrl: 'wss://x' },
    };
    const iceServers = [{ urls: 'turn:turn.example.org', username: 'u', credential: 'c' }];
    const environment = { TAPEHEAD_APPS: JSON.stringify(apps), TAPEHEAD_ICE_SERVERS: JSON.stringify(iceServers) };
    const config = loadConfig({ environment: { ...environment, TAPEHEAD_ICE_UDP_PORTS: '50000-50009' } });
    assert.deepEqual(config.apps, { a1: { channel: 'hub', ...apps.a1 }, b2: apps.b2 });
    assert.deepEqual(config.iceServers, iceServers);
    assert.equal(config.iceUdpPorts, '50000-50009');
  });

  test('wrong settings of channels are told without their secrets', () => {
    const environment = {
      TAPEHEAD_APPS: '{"a1":{"certificate":"S3CRET"},"b2":{"livekitUrl":"wss://x"}}',
      TAPEHEAD_ICE_SERVERS: '[{"urls":"http://turn","credential":"S3CRET"}]',
      TAPEHEAD_ICE_UDP_PORTS: '50009-50000',
    };
    const text = refusal({ environment });
    assert.doesNotMatch(text, /S3CRET/);
    for (const part of [
      /32 lower-case hexadecimal digits/,
      /livekitUrl with channel livekit/,
      /a range like 40000-40999/,
    ])
      assert.match(text, part);
  });

  test('every kind of value from the environment', () => {
    const config = loadConfig({
      environment: {
        TAPEHEAD_HOST: '::1',
        TAPEHEAD_PORT: '0',
        TAPEHEAD_DATA: '/var/lib/tapehead',
        TAPEHEAD_CREDENTIALS: 'one:s3cret:with-colon, two:other',
        TAPEHEAD_APP_IDS: 'a1,b2',
        TAPEHEAD_CAPACITY_CORES: '1.5',
        TAPEHEAD_RATE_LIMIT_PER_SECOND: '0',
        TAPEHEAD_CALLBACK_SENDER_ADDRESSES: '192.0.2.7,2001:db8::1',
        TAPEHEAD_CALLBACKS: '{"*": {"url": "https://example.org/hook", "secret": "s", "events": [70, 71]}}',
        TAPEHEAD_ALLOW_PRIVATE: '10.0.0.0/8, ::1',
        TAPEHEAD_WEBRTC_UDP: 'true',
        TAPEHEAD_SANDBOX: 'false',
        TAPEHEAD_CA_FILE: 'ca.pem',
      },
      workingFolder: '/srv',
    });
    assert.equal(config.host, '::1');
    assert.equal(config.port, 0);
    assert.equal(config.data, '/var/lib/tapehead');
    assert.deepEqual(config.credentials, [
      { key: 'one', secret: 's3cret:with-colon' },
      { key: 'two', secret: 'other' },
    ]);
    assert.deepEqual(config.appIds, ['a1', 'b2']);
    assert.equal(config.capacityCores, 1.5);
    assert.equal(config.rateLimitPerSecond, 0);
    assert.deepEqual(config.callbackSenderAddresses, ['192.0.2.7', '2001:db8::1']);
    assert.deepEqual(config.callbacks, { '*': { url: 'https://example.org/hook', secret: 's', events: [70, 71] } });
    assert.deepEqual(config.allowPrivate, ['10.0.0.0/8', '::1']);
    assert.deepEqual([config.webrtcUdp, config.sandbox, config.caFile], [true, false, '/srv/ca.pem']);
  });

  test('flags win over the environment, the environment over the file', () => {
    const file = fileWith('{"port": 1, "host": "127.0.0.9", "logLevel": "warn", "credentials": ["k:s"]}');
    const config = loadConfig({
      environment: { TAPEHEAD_CONFIG: file, TAPEHEAD_PORT: '2', TAPEHEAD_HOST: '127.0.0.8' },
      flags: { port: '3' },
    });
    assert.deepEqual([config.port, config.host, config.logLevel], [3, '127.0.0.8', 'warn']);
    assert.deepEqual(config.credentials, [{ key: 'k', secret: 's' }]);
  });

  test('an empty variable counts as not set, and --config wins over TAPEHEAD_CONFIG', () => {
    const config = loadConfig({
      environment: { TAPEHEAD_APP_IDS: '', TAPEHEAD_CONFIG: '/nowhere' },
      flags: { config: fileWith('{"port": 9}') },
    });
    assert.equal(config.appIds, undefined);
    assert.equal(config.port, 9);
  });

  test('variables of the launcher are known', () => {
    assert.equal(loadConfig({ environment: { TAPEHEAD_SETUP: 'no' } }).port, 8080);
  });
});

describe('refusals', () => {
  test('secrets are never shown, however wrong they are', () => {
    const message = refusal({
      environment: {
        TAPEHEAD_CALLBACKS: '{"demo": {"url": "ftp://hidden", "secret": "hidden"}}',
        TAPEHEAD_BACKUP_STORAGE: '"hidden"',
        TAPEHEAD_VAULT_KEY: 'hidden',
        TAPEHEAD_ALLOW_PRIVATE: '10.0.0.0/33,example.org',
        TAPEHEAD_SANDBOX: 'no',
      },
    });
    assert.match(message, /^6 problems/);
    assert.match(message, /TAPEHEAD_CALLBACKS.*expected an http or https URL/);
    assert.match(message, /TAPEHEAD_ALLOW_PRIVATE, item 1: expected an IP address or a network.*got "10.0.0.0\/33"/);
    assert.match(message, /TAPEHEAD_SANDBOX: expected true or false, got "no"/);
    assert.doesNotMatch(message, /hidden/);
  });

  test('all problems at once, each with its place, what was expected and what came', () => {
    const message = refusal({
      environment: {
        TAPEHEAD_PORT: 'http',
        TAPEHEAD_PROT: '80',
        TAPEHEAD_CALLBACK_SENDER_ADDRESSES: '192.0.2.1,nowhere',
        TAPEHEAD_CONFIG: fileWith('{"logLevel": "loud", "capacityCores": 0, "hots": "x"}'),
      },
    });
    assert.match(message, /^6 problems/);
    assert.match(message, /TAPEHEAD_PORT: expected an integer from 0 to 65535, got "http"/);
    assert.match(message, /TAPEHEAD_PROT: there is no such variable/);
    assert.match(message, /TAPEHEAD_CALLBACK_SENDER_ADDRESSES, item 2: expected an IP address, got "nowhere"/);
    assert.match(message, /"logLevel" in config file .*: expected one of fatal, .*, got "loud"/);
    assert.match(message, /"capacityCores" in config file .*: expected a number above 0, got 0/);
    assert.match(message, /"hots" in config file .*: there is no such setting/);
  });

  for (const text of ['{"credentials": ["hidden-secret"]', '["hidden-secret"]', 'hidden-secret']) {
    test(`a file that holds no JSON object: ${text}`, () => {
      const message = refusal({ flags: { config: fileWith(text) } });
      assert.match(message, /expected a JSON object/);
      assert.doesNotMatch(message, /hidden/);
    });
  }

  test('a file that cannot be read', () => {
    assert.match(refusal({ flags: { config: join(folder, 'none.json') } }), /none\.json: cannot be read/);
  });

  test('wrong credentials are never shown', () => {
    const message = refusal({ environment: { TAPEHEAD_CREDENTIALS: 'good:hidden-one,hidden-two' } });
    assert.match(message, /TAPEHEAD_CREDENTIALS, item 2: expected key:secret/);
    assert.doesNotMatch(message, /hidden/);
  });

  test('an address that others can reach needs credentials', () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'recorder.example']) {
      assert.match(refusal({ flags: { host } }), /--host: .* refused without credentials/);
      const environment = { TAPEHEAD_CREDENTIALS: 'k:s' };
      assert.equal(loadConfig({ environment, flags: { host } }).host, host);
    }
  });

  test('that an address is open is told together with other problems', () => {
    assert.match(refusal({ flags: { host: '0.0.0.0', port: '70000' } }), /^2 problems/);
  });

  test('loopback needs none', () => {
    for (const host of ['127.0.0.1', '127.3.2.1', '::1', 'localhost']) {
      assert.equal(loadConfig({ environment: {}, flags: { host } }).host, host);
    }
    assert.equal(loadConfig({ environment: {}, flags: { host: '[::1]' } }).host, '::1');
  });
});

test('the rows of the documentation', () => {
  const rows = configRows();
  assert.deepEqual(
    rows.find(({ name }) => name === 'rateLimitPerSecond'),
    {
      name: 'rateLimitPerSecond',
      variable: 'TAPEHEAD_RATE_LIMIT_PER_SECOND',
      default: '10',
      meaning: 'API calls per second and app id; 0 for no limit.',
    },
  );
  assert.equal(rows.find(({ name }) => name === 'appIds')?.default, '');
  for (const { name, meaning } of rows) assert.notEqual(meaning, '', name);
});
