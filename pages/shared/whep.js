// @ts-check
/** @import { EncryptionPlan } from '../../src/recording/channel.ts' */
import { exchange } from './exchange.js';

/**
 * Receives what one user publishes, by WHEP.
 * @param {object} order
 * @param {string} order.endpoint `.../whep/PUBLISHER?uid=U`
 * @param {string | null} order.token
 * @param {EncryptionPlan | null} order.encryption
 * @param {boolean} [order.audio] false: not wanted
 * @param {boolean} [order.video] false: not wanted
 * @param {AbortSignal} [order.signal] gives it up before it is there
 * @returns {Promise<{ pc: RTCPeerConnection, stream: MediaStream, close(): Promise<void> }>} a stream with the tracks that the
 *   publisher may send, muted until something comes; what becomes of the connection is the caller's to watch
 * @throws {import('./exchange.js').RefusedError | Error} status 404: nobody publishes under this uid
 */
export async function view({ endpoint, token, encryption, audio = true, video = true, signal }) {
  const e2ee = encryption === null ? null : await (await import('./e2ee.js')).openE2ee(encryption);
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const stream = new MediaStream();
  // Comes for those that the answer says will be sent.
  pc.ontrack = ({ track }) => stream.addTrack(track);
  try {
    for (const kind of [...(audio ? ['audio'] : []), ...(video ? ['video'] : [])]) {
      const { receiver } = pc.addTransceiver(kind, { direction: 'recvonly' });
      e2ee?.protectReceiver(receiver);
    }
    const end = await exchange(pc, { endpoint, token, signal });
    const close = async () => {
      await end();
      e2ee?.close();
    };
    return { pc, stream, close };
  } catch (error) {
    pc.close();
    e2ee?.close();
    throw error;
  }
}
