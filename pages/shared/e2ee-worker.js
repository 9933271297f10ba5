// @ts-check
import { openFrame, Sealer } from './e2ee-frame.js';
import { deriveKey } from './e2ee-key.js';

/** @import { EncryptionPlan } from '../../src/recording/channel.ts' */
/** @import { FromE2eeWorker, Side } from './e2ee.js' */

/**
 * Of https://www.w3.org/TR/webrtc-encoded-transform/, which TypeScript knows for pages only.
 *
 * @typedef {{ data: ArrayBuffer, getMetadata(): { mimeType?: string } }} EncodedFrame
 * @typedef {object} Transformer
 * @property {{ side: Side }} options
 * @property {ReadableStream<EncodedFrame>} readable
 * @property {WritableStream<EncodedFrame>} writable
 */

const worker = /** @type {any} */ (self);
/** @type {PromiseWithResolvers<CryptoKey>} */
const key = Promise.withResolvers();
/** @type {Record<Side, number>} */
const dropped = { seal: 0, open: 0 };

/** @param {FromE2eeWorker} message */
function tell(message) {
  worker.postMessage(message);
}

/** @param {MessageEvent<EncryptionPlan>} event the first and only message */
worker.onmessage = async ({ data }) => {
  try {
    key.resolve(await deriveKey(data));
    tell({ type: 'ready' });
  } catch {
    // What it says could hold parts of the secret.
    tell({ type: 'failed' });
  }
};

/** @param {{ transformer: Transformer }} event */
worker.onrtctransform = async ({ transformer }) => {
  const { readable, writable, options } = transformer;
  const transform = options.side === 'seal' ? await sealing() : await opening();
  const through = new TransformStream({
    /** @type {TransformerTransformCallback<EncodedFrame, EncodedFrame>} */
    async transform(frame, controller) {
      // Nothing is in it, so nothing need be hidden: a pause of the sound.
      if (frame.data.byteLength === 0) return controller.enqueue(frame);
      const made = await transform(frame.getMetadata().mimeType, frame.data);
      if (!made) return drop(options.side);
      frame.data = made;
      controller.enqueue(frame);
    },
  });
  const piped = readable.pipeThrough(through).pipeTo(writable);
  // It ends with an error when its peer connection is closed.
  await piped.catch(() => {});
};

/** @returns {Promise<(mimeType: string | undefined, data: ArrayBuffer) => Promise<ArrayBuffer | null>>} */
async function sealing() {
  const sealer = new Sealer(await key.promise);
  return async (mimeType, data) => await sealer.seal(mimeType, data);
}

/** @returns {Promise<(mimeType: string | undefined, data: ArrayBuffer) => Promise<ArrayBuffer | null>>} */
async function opening() {
  const made = await key.promise;
  return async (mimeType, data) => await openFrame(made, mimeType, data);
}

/**
 * Tells of the first, and each time that there are twice as many.
 *
 * @param {Side} side
 */
function drop(side) {
  const count = ++dropped[side];
  if (Number.isInteger(Math.log2(count))) tell({ type: 'dropped', side, count });
}
