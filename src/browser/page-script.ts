import type { CDPSession } from 'puppeteer-core';

export const READY_BINDING = 'tapeheadNotifyReady';

/** Runs in every document of the page before its own scripts. Must be self-contained. */
export function pageScript(readyBinding: string): void {
  const globals = globalThis as unknown as Record<string, unknown> & { navigator: object };
  // Dialogs are windows over the page and stop it. Nobody is there to answer: notices are taken note of, questions denied.
  const answers = { alert: undefined, confirm: false, prompt: null, print: undefined };
  for (const [name, answer] of Object.entries(answers)) globals[name] = () => answer;
  const tell = globals[readyBinding] as ((text: string) => void) | undefined;
  delete globals[readyBinding];
  if (window.top !== window || !tell) return;
  Object.defineProperty(globals.navigator, 'notifyReady', { value: () => tell(''), enumerable: true });
}

/** A download would show a bubble and fill the disk. */
export async function denyDownloads(cdp: CDPSession): Promise<void> {
  await cdp.send('Browser.setDownloadBehavior', { behavior: 'deny' });
}
