// @ts-check

/**
 * The time of day of a moment on the page's own clock. @param {number} ms as `performance.now()` gives it @returns {number} UTC ms
 */
export function utcMs(ms) {
  return Math.round(Date.now() + ms - performance.now());
}

/**
 * Resolves once what has been changed is painted: with the second animation frame, or after a second where none are drawn.
 */
export async function painted() {
  const { promise, resolve } = Promise.withResolvers();
  const timer = setTimeout(resolve, 1_000);
  requestAnimationFrame(() => requestAnimationFrame(resolve));
  await promise;
  clearTimeout(timer);
}
