import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Child, type ChildOptions } from '../../../src/process/child.ts';
import { isAlive, isGone, startScript } from '../../support/processes.ts';

const ENV = { PATH: '/usr/bin:/bin' };
const MODULE = new URL('../../../src/process/child.ts', import.meta.url).href;

/** A shell that runs the text, ended at the end of the scope. */
function shell(script: string, options: Partial<ChildOptions> = {}): { child: Child } & AsyncDisposable {
  const child = new Child({ name: 'shell', command: 'sh', args: ['-c', script], env: ENV, identity: null, ...options });
  return { child, [Symbol.asyncDispose]: async () => void (await child.close(0)) };
}

/** The same, once it has written a line. */
async function shellThatIsUp(script: string) {
  const { promise: up, resolve } = Promise.withResolvers<void>();
  const started = shell(`${script}; echo up >&2; while :; do sleep 0.05; done`, { onLine: () => resolve() });
  await up;
  return started;
}

test('an end by itself has a code and no signal', async () => {
  await using started = shell('exit 7');
  const { child } = started;
  assert.equal(child.exit, null);
  assert.deepEqual(await child.exited, { code: 7, signal: null });
  assert.deepEqual(child.exit, { code: 7, signal: null });
  assert.equal(child.describeExit(), 'shell ended with code 7');
});

test('a killed process has a signal and no code', async () => {
  await using started = shell('exec sleep 600');
  const { child } = started;
  assert.equal(child.describeExit(), 'shell is running');
  child.signal('SIGKILL');
  assert.deepEqual(await child.exited, { code: null, signal: 'SIGKILL' });
  assert.equal(child.describeExit(), 'shell was ended by SIGKILL');
  child.signal('SIGTERM');
});

test('a program that is not there ends with 127, a missing setpriv too', async () => {
  await using started = shell('', { command: 'no-such-program' });
  assert.deepEqual(await started.child.exited, { code: 127, signal: null });
  await using nothing = shell('', { env: { PATH: '/nonexistent' } });
  assert.deepEqual(await nothing.child.exited, { code: 127, signal: null });
  assert.match(nothing.child.describeExit(), /^shell ended with code 127: .*ENOENT/);
});

test('closing asks first and waits for what the process still does', async () => {
  await using started = await shellThatIsUp("trap 'exit 3' TERM");
  assert.deepEqual(await started.child.close(60_000), { code: 3, signal: null });
  assert.deepEqual(await started.child.close(0), { code: 3, signal: null });
});

test('closing ends by force what does not listen', async () => {
  await using started = await shellThatIsUp("trap '' TERM");
  const both = await Promise.all([started.child.close(50), started.child.close(50)]);
  assert.deepEqual(both, [
    { code: null, signal: 'SIGKILL' },
    { code: null, signal: 'SIGKILL' },
  ]);
});

test('how to ask may be said', async () => {
  await using started = shell('read line; test "$line" = q', { stdio: { stdin: 'pipe' } });
  const { child } = started;
  const exit = await child.close(60_000, () => child.stdin.write('q\n'));
  assert.deepEqual(exit, { code: 0, signal: null });
});

test('the last lines of its standard error explain its end', async () => {
  const lines: string[] = [];
  await using started = shell('for i in 1 2 3 4 5; do echo "line $i" >&2; done; read wait; exit 1', {
    stdio: { stdin: 'pipe' },
    onLine: (line) => lines.push(line),
  });
  const { child } = started;
  while (lines.length < 5) await new Promise(setImmediate);
  child.stdin.end();
  await child.exited;
  assert.equal(child.tail(2), 'line 4\nline 5');
  assert.equal(child.describeExit(), 'shell ended with code 1: line 3\nline 4\nline 5');
});

test('what it wrote last is known as soon as its end is', async () => {
  for (let i = 0; i < 20; i += 1) {
    await using started = shell('head -c 60000 /dev/zero | tr "\\0" x >&2; echo >&2; echo last words >&2; exit 1');
    await started.child.exited;
    assert.equal(started.child.tail(1), 'last words', `attempt ${i}`);
  }
});

test('it has the environment that it was given and no other', async () => {
  process.env['TAPEHEAD_UNIT_SECRET'] = 'leak';
  try {
    await using started = shell('', { command: 'env', args: [], env: { ...ENV, A: '1' }, stdio: { stdout: 'pipe' } });
    const lines = (await text(started.child.stdout)).trim().split('\n').sort();
    assert.deepEqual(lines, ['A=1', 'PATH=/usr/bin:/bin']);
  } finally {
    delete process.env['TAPEHEAD_UNIT_SECRET'];
  }
});

test('its further descriptors are pipes in both directions, and one that was not asked for is an error', async () => {
  await using started = shell('cat <&3 >&4', { stdio: { extra: 2 } });
  const { child } = started;
  child.extra(3).end('through');
  assert.equal(await text(child.extra(4)), 'through');
  assert.throws(() => child.extra(5), { message: 'shell was started without this pipe' });
  assert.throws(() => child.stdin, TypeError);
});

test('it runs as the user asked for, without groups of ours', { skip: process.getuid?.() !== 0 }, async () => {
  const identity = { name: 'someone', uid: 12_345, gid: 23_456 };
  await using started = shell('id -u; id -G', { identity, stdio: { stdout: 'pipe' } });
  assert.equal(await text(started.child.stdout), '12345\n23456\n');
});

test('it dies with the process that started it, whatever way that ends', async () => {
  for (const end of ['await new Promise(() => setInterval(() => {}, 1000))', 'process.exit(0)']) {
    await using owner = startScript(`
      import { Child } from ${JSON.stringify(MODULE)};
      const args = ['-c', "trap '' TERM HUP; echo up >&2; while :; do sleep 1; done"];
      const { promise, resolve } = Promise.withResolvers();
      const env = ${JSON.stringify(ENV)};
      const child = new Child({ name: 'x', command: 'sh', args, env, identity: null, onLine: resolve });
      await promise;
      console.log(child.pid);
      ${end};
    `);
    const pid = Number(await owner.line());
    assert.ok(pid > 0);
    if (!end.includes('exit')) assert.ok(isAlive(pid));
    await owner.kill();
    assert.ok(await isGone(pid));
  }
});

test('stands back where it is told to, with what it starts', async () => {
  const child = new Child({
    ...{
      name: 'nice',
      command: 'sh',
      args: ['-c', 'sleep 0.2; nice >&2'],
      env: { PATH: '/usr/bin:/bin' },
      identity: null,
    },
    niceness: 5,
  });
  await child.exited;
  assert.equal(child.tail(), '5');
});
