import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { redactLogLine, redactText, redactUrl } from '../../../src/kit/redact.ts';

test('of the address of a page user, query and fragment are hidden', () => {
  assert.equal(redactUrl('https://me:pw@example.org:8443/a/b?t=1&u=2#x'), 'https://example.org:8443/a/b?***#***');
  assert.equal(redactUrl('http://example.org/'), 'http://example.org/');
  assert.equal(redactUrl('wss://example.org/live?key=1'), 'wss://example.org/live?***');
});

test('of an RTMP address what follows the application is hidden', () => {
  assert.equal(redactUrl('rtmps://me:pw@live.example.org/app/key?sign=1'), 'rtmps://live.example.org/app/***');
});

describe('a text', () => {
  for (const [text, expected] of [
    ["source: https://example.org/x.js?token=a(b)c'd (12)", 'source: https://example.org/x.js?*** (12)'],
    ['"rtmp://example.org/app/key": refused', '"rtmp://example.org/app/***": refused'],
    ['Authorization: Basic a2V5OnNlY3JldA==', 'Authorization: Basic ***'],
    ['nothing to hide: 12:30 //', 'nothing to hide: 12:30 //'],
  ] as const) {
    test(text, () => assert.equal(redactText(text), expected));
  }

  test('known secrets are hidden, the longest first', () => {
    assert.equal(redactText('sent opensesame2 and opensesame', ['opensesame', 'opensesame2']), 'sent *** and ***');
  });
});

describe('a log', () => {
  const SECRETS = ['s3cr3t', 'str3am', 'p4ge', 'k3y', 'b4sic'];

  function logged(write: (log: pino.Logger) => void): string {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    write(pino({ level: 'trace', hooks: { streamWrite: redactLogLine } }, stream));
    for (const line of lines) JSON.parse(line);
    return lines.join('');
  }

  const push = 'rtmp://live.example.org/app/str3am?sign=s3cr3t';
  const page = 'https://u:k3y@example.org/room?code=p4ge#s3cr3t';
  const storage = { vendor: 1, bucket: 'talks', accessKey: 'k3y', secretKey: 's3cr3t', stsToken: 'k3y' };

  for (const [name, write] of [
    ['an event with an address', (log) => log.info({ event: { name: 'push_changed', url: push } }, 'event')],
    ['members deep inside', (log) => log.info({ order: { storage: [storage], rtmpUrl: 'str3am' } }, 'order')],
    ['JSON within a text', (log) => log.info({ body: JSON.stringify({ body: JSON.stringify(storage) }) }, 'body')],
    ['an error and its cause', (log) => log.error(new Error(`to ${push}`, { cause: new Error(`from ${page}`) }))],
    ['the message', (log) => log.warn(`cannot open ${page}`)],
    ['a child', (log) => log.child({ page, headers: { authorization: 'Basic b4sicb4sic' } }).info('child')],
  ] as const satisfies readonly (readonly [string, (log: pino.Logger) => void])[]) {
    test(`shows no secret of ${name}`, () => {
      const text = logged(write);
      for (const secret of SECRETS) assert.ok(!text.includes(secret), text);
    });
  }

  test('stays JSON, with all else as it was', () => {
    const text = logged((log) => log.info({ sid: 'abc', storage, path: 'C:\\"quoted"', url: push }, 'said "so"'));
    const { sid, storage: shown, path, url, msg } = JSON.parse(text);
    assert.deepEqual([sid, path, msg], ['abc', 'C:\\"quoted"', 'said "so"']);
    assert.deepEqual(shown, { vendor: 1, bucket: 'talks', accessKey: '***', secretKey: '***', stsToken: '***' });
    assert.equal(url, 'rtmp://live.example.org/app/***');
  });
});
