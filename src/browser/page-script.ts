import type { CDPSession } from 'puppeteer-core';

export const READY_BINDING = 'tapeheadNotifyReady';

/** Runs in every document of the page before its own scripts. Must be self-contained. */
export function pageScript(readyBinding: string): void {
  const globals = globalThis as unknown as Record<string, unknown> & { navigator: object };
  // The print dialog is a window of its own and stops the page.
  globals['print'] = () => {};
  const tell = globals[readyBinding] as ((text: string) => void) | undefined;
  delete globals[readyBinding];
  if (window.top !== window || !tell) return;
  Object.defineProperty(globals.navigator, 'notifyReady', { value: () => tell(''), enumerable: true });
}

/** A download would show a bubble and fill the disk. */
export async function denyDownloads(cdp: CDPSession): Promise<void> {
  await cdp.send('Browser.setDownloadBehavior', { behavior: 'deny' });
}
