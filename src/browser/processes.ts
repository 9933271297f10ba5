import type { Browser } from 'puppeteer-core';
import { RecorderError } from '../errors.ts';
import { within } from '../kit/deadline.ts';

const ANSWER_MS = 3_000;

/** Kinds of Chromium's processes that can be ended one by one; it starts new ones when they are wanted. */
export type ProcessKind = 'renderer' | 'audio.mojom.AudioService';

/**
 * Ends Chromium's processes of a kind by force. A page that hangs cannot be ended otherwise: `Page.crash` and navigations
 * wait for its main thread.
 *
 * @throws RecorderError `browser_lost` when Chromium does not answer
 */
export async function killProcesses(browser: Browser, kind: ProcessKind): Promise<void> {
  const silent = () => new RecorderError('browser_lost', 'expected Chromium to name its processes, it does not answer');
  const listed = listProcesses(browser, kind);
  listed.catch(() => {});
  for (const pid of await within(ANSWER_MS, listed, silent)) end(pid);
}

async function listProcesses(browser: Browser, kind: ProcessKind): Promise<number[]> {
  const cdp = await browser.target().createCDPSession();
  try {
    const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === kind).map(({ id }) => id);
  } finally {
    await cdp.detach().catch(() => {});
  }
}

function end(pid: number): void {
  try {
    if (pid > 1) process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
