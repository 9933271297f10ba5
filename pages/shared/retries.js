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
 * Does something that goes on until it ends or fails, and then does it again after a while, for as long as it is not to end.
 *
 * @param {AbortSignal} signal
 * @param {(onWorking: () => void) => Promise<void>} attempt tells when it has come to work
 * @param {(error: unknown) => void} onFailure
 * @param {() => void} onOver after each attempt, however it went
 * @returns {Promise<void>}
 */
export async function keepTrying(signal, attempt, onFailure, onOver) {
  const retries = new Retries();
  while (!signal.aborted) {
    try {
      await attempt(() => retries.reset());
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
    onOver();
    await pause(retries.next(), signal);
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
