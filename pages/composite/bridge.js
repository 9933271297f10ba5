// @ts-check
/** @import { FromChannelPage, ToChannelPage } from '../../src/recording/channel.ts' */

/**
 * The line to the session that records this page: a function of the page for what it is told, and one that the session has put
 * there for what it tells. Opened by anybody else, the page has nobody to talk to.
 * @param {(message: ToChannelPage) => void} receive
 * @returns {(message: FromChannelPage) => void} tells the session
 */
export function openBridge(receive) {
  const globals = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (globalThis));
  const tell = /** @type {((text: string) => void) | undefined} */ (globals['tapeheadChannel']);
  globals['tapeheadReceive'] = receive;
  return (message) => tell?.(JSON.stringify(message));
}
