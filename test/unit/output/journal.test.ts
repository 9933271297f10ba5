import assert from 'node:assert/strict';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { Journal, type OpenSlice, type Past, parseJournal, type Slice } from '../../../src/output/journal.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

function slice(i: number): Slice {
  return {
    ...{ name: `séance ${i}.ts`, startMs: 1000 * i + 0.25, mediaStart: 90_000 * i, mediaEnd: 90_000 * (i + 1) },
    ...{ bytes: 188 * (i + 1), pictures: i + 3, missing: i, discontinuity: i === 0, part: 0 },
  };
}

const NOTHING: Past = { slices: [], open: null, assembled: [] };

function opened({ mediaEnd: _end, bytes: _bytes, pictures: _pictures, missing: _missing, ...open }: Slice): OpenSlice {
  return open;
}

test('slices and the open one are read back as they were written', async () => {
  await using folder = await makeTempFolder();
  const journal = new Journal(folder.file('a.journal'));
  await journal.opened(opened(slice(0)));
  await journal.closed(slice(0));
  await journal.opened(opened(slice(1)));
  assert.deepEqual(await journal.read(), { slices: [slice(0)], open: opened(slice(1)), assembled: [] });
  await journal.closed(slice(1));
  assert.deepEqual(await new Journal(folder.file('a.journal')).read(), {
    slices: [slice(0), slice(1)],
    open: null,
    assembled: [],
  });
});

test('a journal cut off at any byte tells what its whole lines tell', async () => {
  await using folder = await makeTempFolder();
  const lines: string[] = [];
  const told: Past[] = [NOTHING];
  for (const one of [slice(0), slice(1), slice(2)]) {
    const before = told.at(-1)?.slices ?? [];
    const { name, mediaEnd, bytes, pictures, missing } = one;
    lines.push(
      `\n${JSON.stringify({ opened: opened(one) })}`,
      `\n${JSON.stringify({ closed: { name, mediaEnd, bytes, pictures, missing } })}`,
    );
    told.push({ ...NOTHING, slices: before, open: opened(one) }, { ...NOTHING, slices: [...before, one] });
  }
  const text = Buffer.from(lines.join(''));
  const path = folder.file('cut.journal');
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length), async (cut) => {
      const kept = text.subarray(0, cut);
      await writeFile(path, kept);
      const ends = lines.map((_, i) => Buffer.byteLength(lines.slice(0, i + 1).join('')));
      const whole = ends.filter((end) => end <= cut).length;
      assert.deepEqual(await new Journal(path).read(), told[whole]);
    }),
  );
});

test('no journal tells of no slices, one that cannot be read is an error', async () => {
  await using folder = await makeTempFolder();
  assert.deepEqual(await new Journal(folder.file('none')).read(), NOTHING);
  await mkdir(folder.file('folder'));
  await assert.rejects(new Journal(folder.file('folder')).read(), { code: 'EISDIR' });
});

test('an end without its beginning is passed over', () => {
  const closed = JSON.stringify({ closed: { name: 'other.ts', mediaEnd: 1, bytes: 1 } });
  const open = JSON.stringify({ opened: opened(slice(4)) });
  assert.deepEqual(parseJournal(`${closed}\n${open}\n${closed}\n`), { ...NOTHING, open: opened(slice(4)) });
});

test('a journal whose last line was cut off can be written on', async () => {
  await using folder = await makeTempFolder();
  const path = folder.file('torn.journal');
  const journal = new Journal(path);
  await journal.opened(opened(slice(0)));
  await appendFile(path, '\n{"closed":{"na');
  await journal.closed(slice(0));
  assert.deepEqual(await journal.read(), { ...NOTHING, slices: [slice(0)] });
});

test('it tells which MP4s stand', async () => {
  await using folder = await makeTempFolder();
  const journal = new Journal(folder.file('parts.journal'));
  await journal.assembled(0);
  await journal.opened(opened(slice(0)));
  await journal.assembled(1);
  assert.deepEqual(await journal.read(), { slices: [], open: opened(slice(0)), assembled: [0, 1] });
});

test('a journal that does not know of missing pictures tells of none', () => {
  const { missing: _missing, ...known } = slice(0);
  const { name, mediaEnd, bytes, pictures } = known;
  const lines = [{ opened: opened(slice(0)) }, { closed: { name, mediaEnd, bytes, pictures } }];
  const { slices } = parseJournal(lines.map((line) => `\n${JSON.stringify(line)}`).join(''));
  assert.deepEqual(slices, [{ ...known, missing: 0 }]);
});
