// @ts-check

/**
 * Told a number of frames per second, says that often which time of the wall clock it is, in ms: even steps, and one at the
 * beginning of each second.
 * @param {MessageEvent<number>} message
 */
globalThis.onmessage = ({ data: fps }) => {
  const timeOf = (/** @type {number} */ frame) => Math.round((frame * 1000) / fps);
  const frameAt = (/** @type {number} */ ms) => Math.floor((ms * fps) / 1000);
  const wait = (/** @type {number} */ frame) => {
    setTimeout(() => {
      globalThis.postMessage(timeOf(frame));
      // Frames that were missed are not made up for.
      wait(Math.max(frame, frameAt(Date.now())) + 1);
    }, timeOf(frame) - Date.now());
  };
  wait(frameAt(Date.now()) + 1);
};
