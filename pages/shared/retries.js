// @ts-check

/** Most losses are short, and each second without a channel is missing in the recording. */
const WAITS_MS = [200, 500, 1_000, 2_000, 4_000];

/** How long to wait before each try. */
export class Retries {
  #failed = 0;

  /** @returns {number} ms */
  next() {
    return WAITS_MS[Math.min(this.#failed++, WAITS_MS.length - 1)] ?? 0;
  }

  /** It has worked. */
  reset() {
    this.#failed = 0;
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal ends it early
 * @returns {Promise<void>}
 */
export async function pause(ms, signal) {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve(undefined);
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
