import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { HubUser, Member } from '../../../src/channel/hub.ts';
import { HubProcess } from '../../../src/hub/hub-process.ts';
import { identityFor } from '../../../src/process/identity.ts';
import type { Identity } from '../../../src/types.ts';
import { OFFERS } from './offers.ts';
import { until } from './until.ts';

function member(uid: string, role: Member['role'] = 'viewer'): Member {
  return { appId: 'app', channel: 'room', uid, role };
}

function open(identity: Identity | null = null): HubProcess {
  return new HubProcess({ publicAddress: null, ports: [43_200, 43_299], identity }, () => {});
}

/** Zombies have no command line. */
function isGone(pid: number | null): boolean {
  return !existsSync(`/proc/${pid}/cmdline`) || readFileSync(`/proc/${pid}/cmdline`, 'utf8') === '';
}

/** A service that is killed: starts a hub and tells its process. */
const SERVICE = `
  import { HubProcess } from '${join(import.meta.dirname, '../../../src/hub/hub-process.ts')}';
  const hub = new HubProcess({ publicAddress: null, ports: [43300, 43309], identity: null }, () => {});
  hub.enter({ appId: 'app', channel: 'room', uid: '1', role: 'viewer' }, () => console.log(hub.pid), () => {});
`;

describe('the process of the hub', () => {
  test('starts when it is needed, answers, and is gone with its owner', async () => {
    let pid: number | null = null;
    {
      await using hub = open();
      assert.equal(hub.pid, null);
      assert.equal(await hub.end('nothing'), false);
      assert.equal(hub.pid, null);
      const { id, answer } = await hub.publish(member('1', 'publisher'), OFFERS.plain);
      pid = hub.pid;
      assert.match(answer, /^a=candidate:\d+ 1 udp \d+ 127\.0\.0\.1 432\d\d typ host\r$/m);
      assert.equal(await hub.end(id), true);
      assert.equal(await hub.end(id), false);
      await assert.rejects(hub.publish(member('1'), 'no offer'), { code: 'request_invalid' });
      await assert.rejects(hub.view(member('2'), '1', 'high', OFFERS.plain), { code: 'recording_not_found' });
    }
    assert.ok(isGone(pid));
  });

  test('tells who is in a channel, until one leaves or comes twice', async () => {
    await using hub = open();
    const told: (readonly HubUser[])[] = [];
    const ends: string[] = [];
    using _watcher = hub.enter(member('9', 'recorder'), (users) => told.push(users), assert.fail);
    const uids = () => told.at(-1)?.map(({ uid }) => uid);
    await until('the list is told at once', () => told.length === 1);
    hub.enter(
      member('5'),
      () => {},
      (why) => ends.push(why),
    );
    await until('5 is there', () => uids()?.[0] === '5');
    const again = hub.enter(member('5'), () => {}, assert.fail);
    await until('the first 5 is over', () => ends.length > 0);
    assert.deepEqual(ends, ['uid_taken']);
    again[Symbol.dispose]();
    await until('5 is gone', () => uids()?.length === 0);
  });

  test('comes back when it dies; those in it are told, calls fail meanwhile', async () => {
    await using hub = open();
    const ends: string[] = [];
    await hub.publish(member('1', 'publisher'), OFFERS.plain);
    hub.enter(
      member('9'),
      () => {},
      (why) => ends.push(why),
    );
    const { pid } = hub;
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    await assert.rejects(hub.publish(member('1', 'publisher'), OFFERS.plain), { code: 'not_completed' });
    assert.deepEqual(ends, ['hub_lost']);
    await assert.rejects(hub.publish(member('1', 'publisher'), OFFERS.plain), { code: 'not_completed' });
    using _early = hub.enter(
      member('9'),
      () => {},
      (why) => ends.push(why),
    );
    await until('who comes too early is told so', () => ends.length === 2);
    const works = () =>
      hub.publish(member('1', 'publisher'), OFFERS.plain).then(
        () => true,
        () => false,
      );
    await until('it is there again', works);
    assert.notEqual(hub.pid, pid);
  });

  test('ends with the service, however that ends', async () => {
    const parent = spawn(process.execPath, [], { stdio: ['pipe', 'pipe', 'ignore'] });
    parent.stdin.end(SERVICE);
    const [line] = await once(parent.stdout.setEncoding('utf8'), 'data');
    const pid = Number(line);
    assert.ok(!isGone(pid));
    parent.kill('SIGKILL');
    await until('the hub has ended too', () => isGone(pid));
  });

  const identity = process.getuid?.() === 0 ? identityFor('tapehead') : null;
  test('has no rights of root while it takes packets', { skip: identity ? false : 'not started by root' }, async () => {
    await using hub = open(identity);
    await hub.publish(member('1', 'publisher'), OFFERS.plain);
    const status = readFileSync(`/proc/${hub.pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\s+${identity?.uid}\\s+${identity?.uid}\\s`, 'm'));
    assert.match(status, new RegExp(`^Gid:\\s+${identity?.gid}\\s+${identity?.gid}\\s`, 'm'));
  });
});
