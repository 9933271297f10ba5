import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { AddressPolicy, forbidden } from '../../../src/net/address-policy.ts';

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.215.14',
  '172.32.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80f::200e',
];

const NOT_PUBLIC: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  'this host': ['0.0.0.0', '0.1.2.3', '::'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd00:ec2::254', 'fec0::1'],
  'link-local': ['169.254.169.254', '169.254.0.1', 'fe80::1'],
  'of providers': ['100.64.0.1', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  'multicast and broadcast': ['224.0.0.251', '239.255.255.250', '255.255.255.255', 'ff02::1', 'ff0e::1'],
  reserved: ['240.0.0.1', '198.18.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '100::1', '4000::1'],
  'with an IPv4 address inside': [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::808:808',
    '::127.0.0.1',
    '::7f00:1',
    '::ffff:0:127.0.0.1',
    '2002:7f00:1::1',
    '2002:808:808::1',
    '2001:0:808:808::f7f7:f7f7',
  ],
  'with a zone': ['fe80::1%eth0', '::1%lo', '2606:4700:4700::1111%eth0'],
  'no addresses in their usual spelling': [
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    '08.8.8.8',
    ' 8.8.8.8',
    '8.8.8.8 ',
    '8.8.8.8/32',
    '[2606:4700:4700::1111]',
    'localhost',
    'example.org',
    '',
  ],
};

describe('without networks that are allowed besides', () => {
  const policy = new AddressPolicy([]);
  for (const ip of PUBLIC) test(`${ip} is public`, () => assert.ok(policy.allows(ip)));
  for (const [kind, addresses] of Object.entries(NOT_PUBLIC)) {
    test(`addresses ${kind} are refused`, () => {
      assert.deepEqual(
        addresses.filter((ip) => policy.allows(ip)),
        [],
      );
    });
  }
});

test('allowed networks are allowed, and nothing beside them', () => {
  const policy = new AddressPolicy(['10.1.0.0/16', '127.0.0.1', 'fd00::/8', '::1']);
  const allowed = ['10.1.2.3', '127.0.0.1', 'fd12::1', '::1', '::ffff:10.1.2.3', '64:ff9b::10.1.2.3', '8.8.8.8'];
  const refused = ['10.2.0.1', '127.0.0.2', 'fe80::1', '::2', '::ffff:10.2.0.1', '::10.1.2.3', '127.1', '0.0.0.0'];
  assert.deepEqual(
    [...allowed, ...refused].filter((ip) => policy.allows(ip)),
    allowed,
  );
});

test('all of IPv6 allowed does not allow IPv4 in the guise of IPv6', () => {
  const policy = new AddressPolicy(['::/0']);
  assert.ok(policy.allows('fd00::1'));
  assert.ok(!policy.allows('::ffff:127.0.0.1'));
});

test('null allows everything', () => {
  const policy = new AddressPolicy(null);
  for (const ip of [...PUBLIC, ...Object.values(NOT_PUBLIC).flat()]) assert.ok(policy.allows(ip));
});

test('an IPv4 address is judged the same in every guise that leads to it', () => {
  const policy = new AddressPolicy(['10.0.0.0/9']);
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      const hex = ip.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
      const tail = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`;
      for (const guise of [`::ffff:${ip}`, `::ffff:${tail}`, `0:0:0:0:0:FFFF:${tail}`, `64:ff9b::${tail}`]) {
        assert.equal(policy.allows(guise), policy.allows(ip), guise);
      }
    }),
  );
});

test('whatever text comes is answered', () => {
  const policy = new AddressPolicy(['10.0.0.0/8']);
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.ipV6(), fc.string({ unit: fc.constantFrom(...'0123456789abcdefx.:%/[]') })),
      (text) => {
        assert.equal(typeof policy.allows(text), 'boolean');
      },
    ),
  );
});

test('a refusal names the host, what is wrong with it, and the setting', () => {
  const { code, message, blame } = forbidden('intranet');
  assert.equal(code, 'address_forbidden');
  assert.equal(blame, 'request');
  assert.match(message, /public address, got intranet; .*TAPEHEAD_ALLOW_PRIVATE/);
});
