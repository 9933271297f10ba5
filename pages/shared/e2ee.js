// @ts-check
/** @import { EncryptionPlan } from '../../src/recording/channel.ts' */

/**
 * End-to-end encryption of the frames between publishers and receivers: who forwards them has no key. What cannot be decrypted, or
 * not be encrypted, goes nowhere.
 *
 * @typedef {object} E2ee
 * @property {(sender: RTCRtpSender) => void} protectSender to be called before the sender is negotiated, or frames go out in clear
 * @property {(receiver: RTCRtpReceiver) => void} protectReceiver to be called before the receiver is negotiated
 * @property {() => number} dropped at least half of the frames that went nowhere, and not more than all
 * @property {() => void} close once the connections that it protects are closed; may be called again
 *
 * @typedef {'seal' | 'open'} Side
 * @typedef {{ type: 'ready' } | { type: 'failed' } | { type: 'dropped', side: Side, count: number }} FromE2eeWorker
 *
 * A worker with its key.
 * @typedef {object} Keeper
 * @property {Worker} worker
 * @property {Promise<void>} ready
 * @property {Set<(text: string) => void>} users told once of each reason to drop frames
 * @property {Record<Side, number>} dropped
 */

/** @type {Readonly<Record<Side, string>>} */
const NOTES = {
  seal: 'frames are not sent: the browser does not say their codec, or it is none of Opus, VP8, VP9 and H.264',
  open: 'frames are dropped: they are not encrypted, or with another mode, secret or salt',
};

/**
 * One for each plan, however many connections use it: a worker of their own would cost each of them some megabytes.
 * @type {Map<string, Keeper>}
 */
const keepers = new Map();

/**
 * @param {EncryptionPlan} encryption
 * @param {(text: string) => void} [onNote] told once of each reason to drop frames
 * @returns {Promise<E2ee>} with the key made
 * @throws {Error} in a browser without encoded transforms, or for a salt that is none
 */
export async function openE2ee(encryption, onNote = () => {}) {
  if (!('RTCRtpScriptTransform' in window)) {
    throw new Error('this browser cannot encrypt end to end: it has no RTCRtpScriptTransform');
  }
  const { mode, secret, salt } = encryption;
  const name = JSON.stringify([mode, secret, salt]);
  const keeper = keepers.get(name) ?? startKeeper(encryption);
  keepers.set(name, keeper);
  /** @param {string} text */
  const user = (text) => onNote(text);
  keeper.users.add(user);
  const close = () => {
    if (!keeper.users.delete(user) || keeper.users.size > 0) return;
    keeper.worker.terminate();
    keepers.delete(name);
  };
  try {
    await keeper.ready;
  } catch (error) {
    close();
    throw error;
  }
  return {
    protectSender: (sender) => protect(sender, keeper.worker, 'seal'),
    protectReceiver: (receiver) => protect(receiver, keeper.worker, 'open'),
    dropped: () => keeper.dropped.seal + keeper.dropped.open,
    close,
  };
}

/**
 * @param {EncryptionPlan} encryption
 * @returns {Keeper}
 */
function startKeeper(encryption) {
  const worker = new Worker(new URL('./e2ee-worker.js', import.meta.url), { type: 'module' });
  /** @type {PromiseWithResolvers<void>} */
  const ready = Promise.withResolvers();
  /** @type {Keeper} */
  const keeper = { worker, ready: ready.promise, users: new Set(), dropped: { seal: 0, open: 0 } };
  const fail = () => ready.reject(new Error('the key for the encryption could not be made'));
  /** @param {MessageEvent<FromE2eeWorker>} event */
  worker.onmessage = ({ data }) => {
    if (data.type === 'ready') return ready.resolve();
    if (data.type === 'failed') return fail();
    const first = keeper.dropped[data.side] === 0;
    keeper.dropped[data.side] = data.count;
    if (first) for (const tell of keeper.users) tell(NOTES[data.side]);
  };
  worker.onerror = fail;
  worker.postMessage(encryption);
  return keeper;
}

/**
 * @param {RTCRtpSender | RTCRtpReceiver} end
 * @param {Worker} worker
 * @param {Side} side
 */
function protect(end, worker, side) {
  end.transform = new RTCRtpScriptTransform(worker, { side });
}
