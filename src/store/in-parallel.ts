/**
 * Does `work` for each item, for at most `limit` of them at once; the next item is asked for when there is room. The first
 * failure ends the others, by the signal that they are given. Nothing is under way any more when it settles.
 */
export async function inParallel<T>(
  limit: number,
  items: AsyncIterable<T>,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const running = new Set<Promise<void>>();
  try {
    for await (const item of items) {
      ended.throwIfAborted();
      const task = work(item, ended)
        .catch((error: unknown) => failed.abort(error))
        .finally(() => running.delete(task));
      running.add(task);
      if (running.size >= limit) await Promise.race(running);
      ended.throwIfAborted();
    }
  } catch (error) {
    failed.abort(error);
  }
  await Promise.all(running);
  ended.throwIfAborted();
}
