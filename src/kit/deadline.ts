/** Waits for `work`, at most `ms`; then rejects with `error()`. The timer is always cleared. */
export async function within<T>(ms: number, work: Promise<T>, error: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(error()), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Calls `probe` every `everyMs` until it is true. @returns false when `ms` have passed first. */
export async function until(ms: number, everyMs: number, probe: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + ms;
  while (!(await probe())) {
    if (performance.now() > end) return false;
    await sleep(everyMs);
  }
  return true;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
