import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecorderError } from '../../../src/errors.ts';
import { parseRtmpUrl } from '../../../src/recording/rtmp-url.ts';

const GOOD: readonly [string, Partial<ReturnType<typeof parseRtmpUrl>>][] = [
  ['rtmp://h.example/app/key', { tls: false, host: 'h.example', port: 1935, app: 'app', stream: 'key' }],
  ['rtmp://h.example/app/key', { tcUrl: 'rtmp://h.example/app' }],
  ['rtmps://h.example/app/key', { tls: true, port: 443, tcUrl: 'rtmps://h.example/app' }],
  ['RTMPS://H.Example:4443/app/key', { tls: true, host: 'h.example', port: 4443, tcUrl: 'rtmps://h.example:4443/app' }],
  ['rtmp://h/app/instance/key', { app: 'app/instance', stream: 'key', tcUrl: 'rtmp://h/app/instance' }],
  ['rtmp://h/a/b/c/key', { app: 'a/b/c', stream: 'key' }],
  ['rtmp://h/app//key', { app: 'app', stream: 'key' }],
  ['rtmp://h//app/key', { app: 'app', stream: 'key' }],
  ['rtmp://h/app/key?sign=a/b&t=1', { app: 'app', stream: 'key?sign=a/b&t=1', tcUrl: 'rtmp://h/app' }],
  ['rtmp://h/app/key#x', { stream: 'key#x' }],
  ['rtmp://h/app/k%20ey', { stream: 'k%20ey' }],
  ['rtmp://h/app/名', { stream: '名' }],
  ['rtmp://127.0.0.1:80/app/key', { host: '127.0.0.1', port: 80 }],
  ['rtmp://[::1]:1936/app/key', { host: '::1', port: 1936, tcUrl: 'rtmp://[::1]:1936/app' }],
  ['rtmp://[2001:db8::5]/app/key', { host: '2001:db8::5', port: 1935 }],
  // However an address is spelt, it is the plain one that will be checked and dialled.
  ['rtmp://0x7f.1/app/key', { host: '127.0.0.1' }],
];

for (const [url, expected] of GOOD) {
  test(`${url} is ${JSON.stringify(expected)}`, () => {
    assert.partialDeepStrictEqual(parseRtmpUrl(url), expected);
  });
}

const BAD = [
  'http://host/app/SECRET',
  'rtmpt://host/app/SECRET',
  'rtmp://host/SECRET',
  'rtmp://host/SECRET?a=/b/c',
  'rtmp://host/app/',
  'rtmp://host//SECRET',
  'rtmp://host',
  'rtmp:///app/SECRET',
  'rtmp://:1935/app/SECRET',
  'rtmp://host:0/app/SECRET',
  'rtmp://host:65536/app/SECRET',
  'rtmp://host:x/app/SECRET',
  'rtmp://ho st/app/SECRET',
  'rtmp://host/app/SECRET live=1',
  'rtmp://host/app/SECRET\n',
  'rtmp://user:SECRET@host/app/key',
  'rtmp://::1/app/SECRET',
  'rtmp://[::1/app/SECRET',
  'SECRET',
  '',
];

for (const url of BAD) {
  test(`${JSON.stringify(url)} is refused without being repeated`, () => {
    assert.throws(
      () => parseRtmpUrl(url),
      (error) =>
        error instanceof RecorderError &&
        error.code === 'request_invalid' &&
        error.message.startsWith('RTMP address: expected') &&
        !error.message.includes('SECRET'),
    );
  });
}
