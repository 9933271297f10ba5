import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityFor, parsePasswd } from '../../../src/process/identity.ts';

const PASSWD = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
tapehead-old:x:998:997::/nonexistent:/usr/sbin/nologin
tapehead:x:999:995:Tape: head:/nonexistent:/usr/sbin/nologin
`;

test('a user is found by its whole name', () => {
  assert.deepEqual(parsePasswd(PASSWD, 'tapehead'), { name: 'tapehead', uid: 999, gid: 995 });
  assert.deepEqual(parsePasswd(PASSWD, 'root'), { name: 'root', uid: 0, gid: 0 });
});

test('a name that is not there is nobody', () => {
  for (const name of ['tape', 'tapehead-', 'TAPEHEAD', 'x']) assert.equal(parsePasswd(PASSWD, name), null, name);
  assert.equal(parsePasswd('', 'root'), null);
});

const isRoot = process.getuid?.() === 0;

test('root names another user for browsers, one that exists and is not root', { skip: !isRoot }, () => {
  assert.throws(() => identityFor('no-such-user'), { code: 'config_invalid', message: /useradd .* no-such-user$/ });
  assert.throws(() => identityFor('root'), { code: 'config_invalid', message: /unprivileged/ });
  assert.equal(identityFor('nobody')?.name, 'nobody');
});

test('whoever is not root keeps being who they are', { skip: isRoot }, () => {
  assert.equal(identityFor('no-such-user'), null);
});
