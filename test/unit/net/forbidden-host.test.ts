import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressPolicy } from '../../../src/net/address-policy.ts';
import { forbiddenHost } from '../../../src/net/forbidden-host.ts';

const HOSTS = [
  '127.0.0.1',
  '127.0.0.1.',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '127%2e0.0.1',
  '127。0。0。1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  '169.254.169.254',
  '[fd00:ec2::254]',
  '0.0.0.0',
  '[::]',
];

for (const scheme of ['http', 'https', 'rtmp', 'rtmps']) {
  test(`${scheme}: hosts of this machine and its network, however they are spelt`, () => {
    const policy = new AddressPolicy([]);
    for (const host of HOSTS) {
      assert.match(forbiddenHost(`${scheme}://${host}:8080/live/key?a=b`, policy) ?? '', /public address/, host);
      assert.match(forbiddenHost(`${scheme}://user:pass@${host}/live`, policy) ?? '', /public address/, host);
    }
  });

  test(`${scheme}: public addresses, and names, which are judged when they are dialled`, () => {
    const policy = new AddressPolicy([]);
    for (const host of [
      '8.8.8.8',
      '134744072',
      '[2606:4700:4700::1111]',
      'example.org',
      'localhost.example.org',
      'intranet',
    ]) {
      assert.equal(forbiddenHost(`${scheme}://${host}/live`, policy), null, host);
    }
  });
}

test('what is allowed', () => {
  const policy = new AddressPolicy(['127.0.0.0/8']);
  for (const host of ['127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]', 'localhost'])
    assert.equal(forbiddenHost(`http://${host}/`, policy), null);
  assert.notEqual(forbiddenHost('http://10.0.0.1/', policy), null);
  assert.equal(forbiddenHost('http://10.0.0.1/', new AddressPolicy(null)), null);
});

test('no URL, or one without a host', () => {
  for (const url of ['', 'x', 'http://', 'file:///etc/passwd', 'data:text/html,x', 'rtmp:///live', 'rtmp://a b/'])
    assert.equal(forbiddenHost(url, new AddressPolicy([])), 'expected a URL with a host');
});

test('the text shows neither path nor query nor account', () => {
  const text = forbiddenHost('rtmp://user:pass@10.0.0.1/live/key?token=x', new AddressPolicy([])) ?? '';
  assert.match(text, /10\.0\.0\.1/);
  assert.doesNotMatch(text, /live|key|token|user|pass/);
});
