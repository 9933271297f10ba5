import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition. @throws with what was waited for, after a time in which any machine gets there. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await sleep(20);
  }
}
