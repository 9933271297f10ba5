import assert from 'node:assert/strict';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { needsBundle, writeDebugBundle } from '../../../src/debug/bundle.ts';
import { pruneBundles } from '../../../src/debug/keep.ts';
import { writeLostBundle } from '../../../src/debug/lost.ts';
import { secretsOf } from '../../../src/debug/redact-plan.ts';
import { type Outcome, statusBefore } from '../../../src/recording/status.ts';
import { realMedia, writeSlices } from '../../support/real-media.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { endOf, planOf, SECRETS } from './plans.ts';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

async function textsIn(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'latin1')] as const)),
  );
}

describe('a bundle', () => {
  test('tells what happened, without a secret', async () => {
    await using folder = await makeTempFolder();
    const plan = planOf({ debugFolder: folder.file('debug/one') });
    const history = [
      { atMs: 1000, text: 'ready -> recording' },
      { atMs: 2000, text: `stop: lost ${plan.page.url}` },
      { atMs: 3000, text: 'refused: "channel token", channel%20token; channel secret, c2FsdHNhbHRzYWx0c2FsdA==' },
    ];
    const tails = {
      browser: `ERROR source: ${plan.page.url}\n{"code":"p@ge-t0ken","pin":"hashcode"}`,
      encoder: `cannot push to ${plan.pushes[0]} with key streamkey?sign=pushsign`,
    };
    const contents = { plan, end: endOf(), history, tails, screenshot: PNG };
    assert.equal(await writeDebugBundle(contents), null);

    const texts = await textsIn(folder.file('debug/one'));
    assert.deepEqual(Object.keys(texts).sort(), [
      'browser.log',
      'encoder.log',
      'end.json',
      'history.json',
      'plan.json',
      'screenshot.png',
    ]);
    for (const [name, text] of Object.entries(texts)) {
      for (const secret of SECRETS) assert.ok(!text.includes(secret), `${name}: ${text}`);
    }
    const shown = JSON.parse(texts['plan.json'] ?? '');
    assert.equal(shown.page.url, 'https://example.org/room?***#***');
    assert.deepEqual(shown.pushes, ['rtmps://live.example.org/app/***']);
    assert.deepEqual(shown.picture, plan.picture);
    assert.equal(shown.channel.layout.userImages[0].url, 'https://example.org/one.png?***');
    assert.deepEqual(
      [shown.channel.cname, shown.channel.token, shown.channel.encryption],
      ['room', '***', { mode: 'aes-256-gcm2', secret: '***', salt: '***' }],
    );
    const { reason, stopCode } = JSON.parse(texts['end.json'] ?? '');
    assert.deepEqual([reason, stopCode.message], ['page_lost', 'recorder_error']);
    assert.deepEqual(JSON.parse(texts['history.json'] ?? ''), [
      { at: '1970-01-01T00:00:01.000Z', atMs: 1000, text: 'ready -> recording' },
      { at: '1970-01-01T00:00:02.000Z', atMs: 2000, text: 'stop: lost https://example.org/room?***#***' },
      { at: '1970-01-01T00:00:03.000Z', atMs: 3000, text: 'refused: "***", ***; ***, ***' },
    ]);
    assert.match(texts['encoder.log'] ?? '', /^cannot push to rtmps:.* with key \*\*\*/);
  });

  test('is for the user of the service only', async () => {
    await using folder = await makeTempFolder();
    const path = folder.file('debug/one');
    await writeDebugBundle({ plan: planOf({ debugFolder: path }), end: endOf(), tails: { browser: 'line' } });
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    for (const name of await readdir(path)) assert.equal((await stat(join(path, name))).mode & 0o777, 0o600, name);
  });

  test('has the last recorded picture where there is no screenshot', async () => {
    await using folder = await makeTempFolder();
    const { frames, tables } = await realMedia(1);
    const key = frames.find(({ kind, key: isKey }) => kind === 'video' && isKey);
    const lastKeyFrame = Buffer.concat([tables, key?.packets ?? Buffer.alloc(0)]);
    await writeDebugBundle({ plan: planOf({ debugFolder: folder.file('b') }), end: endOf(), lastKeyFrame });
    assert.deepEqual((await readFile(folder.file('b/last-picture.png'))).subarray(0, 4), PNG);
  });

  test('has the end of a long log', async () => {
    await using folder = await makeTempFolder();
    const tails = { browser: `${'x'.repeat(1_000_000)}end` };
    await writeDebugBundle({ plan: planOf({ debugFolder: folder.file('b') }), end: endOf(), tails });
    const text = await readFile(folder.file('b/browser.log'), 'utf8');
    assert.match(text, /xend\n$/);
    assert.ok(text.length < 250_000);
  });

  test('replaces the one of an earlier session', async () => {
    await using folder = await makeTempFolder();
    const plan = planOf({ debugFolder: folder.file('b') });
    await writeDebugBundle({ plan, end: endOf(), tails: { sound: 'old' } });
    await writeDebugBundle({ plan, end: endOf(), tails: { display: 'new' } });
    assert.deepEqual((await readdir(folder.path)).sort(), ['b']);
    assert.deepEqual((await readdir(folder.file('b'))).sort(), ['display.log', 'end.json', 'plan.json']);
  });

  test('that cannot be written is told, and nothing is left of it', async () => {
    await using folder = await makeTempFolder();
    await writeFile(folder.file('debug'), 'in the way');
    const plan = planOf({ debugFolder: folder.file('debug/one') });
    assert.match((await writeDebugBundle({ plan, end: endOf() })) ?? '', /^expected to write the debug bundle: /);
    assert.deepEqual(await readdir(folder.path), ['debug']);
  });

  test('is written of recordings that went wrong', async () => {
    await using folder = await makeTempFolder();
    const outcomes: Outcome[] = ['complete', 'partial', 'failed', 'aborted'];
    assert.deepEqual(
      outcomes.filter((outcome) => needsBundle(endOf({ outcome }))),
      ['partial', 'failed'],
    );
    await writeDebugBundle({ plan: planOf({ debugFolder: folder.file('b') }), end: endOf({ outcome: 'complete' }) });
    await writeDebugBundle({ plan: planOf(), end: endOf() });
    assert.deepEqual(await readdir(folder.path), []);
  });
});

describe('of a recording whose process died', () => {
  test('what the service knows, and the last picture on the disk', async () => {
    await using folder = await makeTempFolder();
    const plan = planOf({
      debugFolder: folder.file('b'),
      files: { folder: folder.file('.'), stem: 'sid_name', hls: true, mp4: null },
    });
    await writeSlices(folder.path, await realMedia(3));
    const status = {
      ...statusBefore(false, plan.channel),
      pushes: [{ url: plan.pushes[0] ?? '', state: 'publishing' as const }],
    };
    assert.equal(await writeLostBundle(plan, status, endOf({ reason: 'session_lost' })), null);
    const texts = await textsIn(folder.file('b'));
    assert.deepEqual(Object.keys(texts).sort(), ['end.json', 'last-picture.png', 'plan.json', 'status.json']);
    for (const secret of SECRETS) assert.ok(!JSON.stringify(texts).includes(secret), secret);
  });

  test('a bundle that the process could still write stays', async () => {
    await using folder = await makeTempFolder();
    const plan = planOf({ debugFolder: folder.file('b') });
    await writeDebugBundle({ plan, end: endOf(), tails: { browser: 'line' } });
    assert.equal(await writeLostBundle(plan, null, endOf()), null);
    assert.deepEqual((await readdir(folder.file('b'))).sort(), ['browser.log', 'end.json', 'plan.json']);
  });
});

test('the latest bundles are kept', async () => {
  await using folder = await makeTempFolder();
  for (const name of ['a', 'b', 'c']) {
    await writeDebugBundle({ plan: planOf({ debugFolder: folder.file(`debug/${name}`) }), end: endOf() });
    const time = 1_000_000 + name.charCodeAt(0);
    await utimes(folder.file(`debug/${name}`), time, time);
  }
  await pruneBundles(folder.file('debug'), 2);
  assert.deepEqual((await readdir(folder.file('debug'))).sort(), ['b', 'c']);
  await pruneBundles(folder.file('debug'), 0);
  assert.deepEqual(await readdir(folder.file('debug')), []);
  await pruneBundles(folder.file('never'), 2);
});

test('short values and ordinary words of an address are not hidden everywhere', () => {
  const secrets = secretsOf(planOf());
  assert.ok(!secrets.includes('en'));
  for (const secret of SECRETS) assert.ok(secrets.includes(secret), secret);
});
