import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, isGone, startProcess, startScript, type TestProcess } from '../../support/processes.ts';
import { makeTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const MODULE = new URL('../../../src/node/runtime.ts', import.meta.url).href;

/** Calls of the module in a process whose temporary folder is that of the test. */
async function call(folder: TempFolder, code: string): Promise<string> {
  const script = `import * as runtime from ${JSON.stringify(MODULE)}; ${code}; console.log(runtime.runtimeRoot());`;
  await using run = startScript(script, [], { ...process.env, TMPDIR: folder.path });
  return await run.line();
}

async function sweep(folder: TempFolder, ...lost: string[]): Promise<void> {
  await call(folder, `runtime.sweep(new Set(${JSON.stringify(lost)}))`);
}

interface Session extends AsyncDisposable {
  readonly leader: TestProcess;
  /** A process that the session started. */
  readonly member: number;
  readonly folder: string;
}

/** Stands in for a session: its command line, a process below it, its runtime folder. */
async function startSession(folder: TempFolder, name: string, sid = name): Promise<Session> {
  await mkdir(folder.file('session'), { recursive: true });
  const main = folder.file('session/main.ts');
  await writeFile(
    main,
    `import { spawn } from 'node:child_process';
     console.log(spawn('sleep', ['600'], { stdio: 'ignore' }).pid);`,
  );
  const leader = startProcess(process.execPath, [main]);
  const member = Number(await leader.line());
  const root = await call(folder, `runtime.noteOwner(runtime.runtimeFolder('${name}'), ${leader.pid}, '${sid}')`);
  await mkdir(join(root, name, 'profile'));
  return { leader, member, folder: join(root, name), [Symbol.asyncDispose]: () => leader[Symbol.asyncDispose]() };
}

test('a runtime folder is below a root of the user, and says whose it is', async () => {
  await using folder = await makeTempFolder();
  const root = await call(folder, "runtime.noteOwner(runtime.runtimeFolder('abc'), 4711)");
  assert.equal(root, folder.file(`tapehead-${process.getuid?.()}`));
  assert.equal(await readFile(join(root, 'abc.pid'), 'utf8'), '4711 abc');
  assert.equal((await stat(join(root, 'abc'))).mode & 0o066, 0, 'others may not read or write it');
});

test('a recording that runs is left alone', async () => {
  await using folder = await makeTempFolder();
  await using session = await startSession(folder, 'running');
  await sweep(folder, 'other');
  assert.ok(isAlive(session.leader.pid) && isAlive(session.member));
  assert.ok(existsSync(join(session.folder, 'profile')));
});

test('a lost recording is ended with all its processes and its folder', async () => {
  await using folder = await makeTempFolder();
  await using session = await startSession(folder, 'lost');
  await sweep(folder, 'lost');
  assert.ok(await isGone(session.leader.pid));
  assert.ok(await isGone(session.member));
  assert.equal(existsSync(session.folder), false);
});

test('a lost recording is found in a folder that was made before it', async () => {
  await using folder = await makeTempFolder();
  await using session = await startSession(folder, 'spare', 'lost');
  await sweep(folder, 'spare');
  assert.ok(isAlive(session.leader.pid));
  await sweep(folder, 'lost');
  assert.ok(await isGone(session.leader.pid));
  assert.equal(existsSync(session.folder), false);
});

test('what a dead session left behind is removed, its processes too', async () => {
  await using folder = await makeTempFolder();
  await using session = await startSession(folder, 'dead');
  await session.leader.kill();
  assert.ok(isAlive(session.member));
  await sweep(folder);
  assert.ok(await isGone(session.member));
  assert.equal(existsSync(session.folder), false);
});

test('a process that got the id of a dead session is not touched', async () => {
  await using folder = await makeTempFolder();
  await using stranger = startProcess('sh', ['-c', 'sleep 600 & echo $!; wait']);
  const below = Number(await stranger.line());
  const root = await call(folder, `runtime.noteOwner(runtime.runtimeFolder('old'), ${stranger.pid})`);
  await sweep(folder, 'old');
  assert.ok(isAlive(stranger.pid) && isAlive(below));
  assert.deepEqual(await readdir(root), []);
});

test('a folder that nobody owns, or with nonsense for an owner, is removed', async () => {
  await using folder = await makeTempFolder();
  const root = await call(folder, '');
  await mkdir(join(root, 'without'), { recursive: true });
  await mkdir(join(root, 'nonsense'));
  await writeFile(join(root, 'nonsense.pid'), 'not a number');
  await sweep(folder);
  assert.deepEqual(await readdir(root), []);
});

test('where there was never a recording there is nothing to sweep', async () => {
  await using folder = await makeTempFolder();
  await sweep(folder, 'lost');
  assert.deepEqual(await readdir(folder.path), []);
});

/** An id that no process has. */
async function deadPid(): Promise<number> {
  await using one = startProcess('true', []);
  await one.kill();
  return one.pid;
}

test('the lock of a dead display goes, that of a living one stays', async () => {
  await using folder = await makeTempFolder();
  await using server = startProcess('sh', ['-c', 'echo up; sleep 600', 'Xorg']);
  await server.line();
  // Far above the numbers that servers pick.
  const locks = { dead: '/tmp/.X64001-lock', living: '/tmp/.X64002-lock', odd: '/tmp/.X64003-lock' };
  try {
    await writeFile(locks.dead, `${String(await deadPid()).padStart(10)}\n`);
    await writeFile(locks.living, `${String(server.pid).padStart(10)}\n`);
    await writeFile(locks.odd, 'nonsense');
    await sweep(folder);
    assert.deepEqual(Object.values(locks).map(existsSync), [false, true, true]);
  } finally {
    for (const lock of Object.values(locks)) await rm(lock, { force: true });
  }
});
