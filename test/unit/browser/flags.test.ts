import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chromiumFlags } from '../../../src/browser/flags.ts';

const options = fc.record({
  size: fc.record({ width: fc.integer({ min: 64, max: 1920 }), height: fc.integer({ min: 64, max: 1920 }) }),
  headless: fc.boolean(),
  muted: fc.boolean(),
  profile: fc.constant('/run/x/profile'),
  pixelRatio: fc.constantFrom(1, 2, 3, 4),
  network: fc.record({
    proxyPort: fc.option(fc.integer({ min: 1, max: 65535 })),
    webrtcUdp: fc.boolean(),
    secureOrigin: fc.option(fc.constant('http://10.0.0.5:8080')),
  }),
  sandbox: fc.boolean(),
});

test('the sandbox is off only where that is accepted, and no port is opened', () => {
  fc.assert(
    fc.property(options, (given) => {
      const flags = chromiumFlags(given);
      assert.deepEqual(
        flags.filter((flag) =>
          /sandbox|single-process|no-zygote|remote-debugging-port|disable-web-security/.test(flag),
        ),
        given.sandbox ? [] : ['--no-sandbox'],
      );
      assert.ok(flags.includes('--remote-debugging-pipe'));
    }),
  );
});

test('a proxy gets everything: loopback, names, and WebRTC unless UDP is allowed', () => {
  fc.assert(
    fc.property(options, (given) => {
      const { proxyPort, webrtcUdp } = given.network;
      const flags = chromiumFlags(given).filter((flag) => /proxy|resolver|webrtc/.test(flag));
      assert.deepEqual(flags, [
        ...(proxyPort === null ? [] : [`--proxy-server=socks5://127.0.0.1:${proxyPort}`]),
        ...(proxyPort === null ? [] : ['--proxy-bypass-list=<-loopback>']),
        ...(proxyPort === null || webrtcUdp ? [] : ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1']),
        ...(webrtcUdp ? [] : ['--webrtc-ip-handling-policy=disable_non_proxied_udp']),
      ]);
    }),
  );
});

test('one origin without TLS counts as secure, where there is one', () => {
  fc.assert(
    fc.property(options, (given) => {
      const { secureOrigin } = given.network;
      assert.deepEqual(
        chromiumFlags(given).filter((flag) => /insecure|10\.0\.0\.5/.test(flag)),
        secureOrigin === null ? [] : ['--unsafely-treat-insecure-origin-as-secure=http://10.0.0.5:8080'],
      );
    }),
  );
});

test('the window covers the picture at its ratio', () => {
  fc.assert(
    fc.property(options, (given) => {
      const flags = chromiumFlags(given);
      assert.ok(flags.includes(`--force-device-scale-factor=${given.pixelRatio}`));
      const [, width, height] = /--window-size=(\d+),(\d+)/.exec(flags.join(' ')) ?? [];
      assert.ok(Number(width) * given.pixelRatio >= given.size.width);
      assert.ok(Number(height) * given.pixelRatio >= given.size.height);
    }),
  );
});

test('no display is looked for where there is none, and media is muted only where nobody hears it', () => {
  fc.assert(
    fc.property(options, (given) => {
      const flags = chromiumFlags(given);
      const platforms = flags.filter((flag) => flag.startsWith('--ozone-platform='));
      assert.deepEqual(platforms, [`--ozone-platform=${given.headless ? 'headless' : 'x11'}`]);
      assert.equal(flags.includes('--mute-audio'), given.muted);
    }),
  );
});

test('each flag is given once, and the blank page comes last', () => {
  const flags = chromiumFlags({
    ...{ size: { width: 1280, height: 720 }, profile: '/run/x/profile', pixelRatio: 1, sandbox: true },
    ...{ headless: true, muted: true },
    network: { proxyPort: 1080, webrtcUdp: false, secureOrigin: 'http://10.0.0.5:8080' },
  });
  assert.equal(flags.at(-1), 'about:blank');
  const names = flags.map((flag) => flag.split('=')[0]);
  assert.deepEqual(names, [...new Set(names)]);
  assert.ok(flags.includes('--user-data-dir=/run/x/profile'));
});
