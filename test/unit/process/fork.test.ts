import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Fork, type ForkOptions } from '../../../src/process/fork.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

/** Keeps more than any young generation holds, and tells how large that has grown, in bytes. */
const CHURN = `
import { getHeapSpaceStatistics } from 'node:v8';
const kept = [];
let most = 0;
for (let round = 0; round < 60; round += 1) {
  for (let i = 0; i < 10_000; i += 1) kept.push({ round, i, list: [i] });
  for (const { space_name, space_size } of getHeapSpaceStatistics())
    if (space_name === 'new_space') most = Math.max(most, space_size);
}
process.send(most, () => process.exit(0));
`;

async function youngBytes(folder: string, options?: ForkOptions): Promise<number> {
  const module = `${folder}/churn.mjs`;
  await writeFile(module, CHURN);
  const process = new Fork<never, number>(module, folder, options);
  const told = Promise.withResolvers<number>();
  process.onMessage(told.resolve);
  void process.exited.then((exit) => told.reject(new Error(`ended with ${JSON.stringify(exit)}: ${process.tail()}`)));
  return await told.promise;
}

test("a process's young generation grows no further than it may", async () => {
  await using folder = await makeTempFolder();
  const [free, held] = await Promise.all([youngBytes(folder.path, {}), youngBytes(folder.path, { youngMb: 2 })]);
  assert.ok(held <= 6 * 2 ** 20, `${held} bytes`);
  assert.ok(free > held, `${free} bytes without a limit, ${held} with one`);
});
