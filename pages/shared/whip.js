// @ts-check
/** @import { EncryptionPlan } from '../../src/recording/channel.ts' */
import { exchange } from './exchange.js';

/**
 * Three sizes of one picture: quarter, half and full. Without a mode of its own for each, Chromium sends VP9 as one stream that
 * has all sizes in it.
 * @type {(RTCRtpEncodingParameters & { scalabilityMode: string })[]}
 */
const SIMULCAST = [
  { rid: 'q', scaleResolutionDownBy: 4, scalabilityMode: 'L1T1' },
  { rid: 'h', scaleResolutionDownBy: 2, scalabilityMode: 'L1T1' },
  { rid: 'f', scaleResolutionDownBy: 1, scalabilityMode: 'L1T1' },
];

/**
 * Publishes a stream by WHIP (RFC 9725).
 * @param {object} order
 * @param {string} order.endpoint `.../whip?uid=U`
 * @param {string | null} order.token
 * @param {MediaStream} order.stream at most one track of each kind is sent; they stay the caller's
 * @param {EncryptionPlan | null} order.encryption
 * @param {'vp8' | 'vp9' | 'h264'} [order.codec] asked for first; the hub may know only others
 * @param {boolean} [order.simulcast] the picture in three sizes
 * @param {number} [order.maxBitrate] of the picture, in its full size, in bit/s
 * @param {AbortSignal} [order.signal] gives it up before it is there
 * @returns {Promise<{ pc: RTCPeerConnection, close(): Promise<void> }>} what becomes of the connection is the caller's to watch
 * @throws {import('./exchange.js').RefusedError | Error}
 */
export async function publish({ endpoint, token, stream, encryption, codec, simulcast = false, maxBitrate, signal }) {
  const e2ee = encryption === null ? null : await (await import('./e2ee.js')).openE2ee(encryption);
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  try {
    const [audio] = stream.getAudioTracks();
    const [video] = stream.getVideoTracks();
    if (audio !== undefined) sendAudio(pc, audio, stream);
    if (video !== undefined) sendVideo(pc, video, stream, limit(simulcast ? SIMULCAST : [{}], maxBitrate), codec);
    for (const sender of pc.getSenders()) e2ee?.protectSender(sender);
    const end = await exchange(pc, { endpoint, token, signal });
    const close = async () => {
      await end();
      e2ee?.close();
    };
    return { pc, close };
  } catch (error) {
    pc.close();
    e2ee?.close();
    throw error;
  }
}

/**
 * @param {RTCPeerConnection} pc
 * @param {MediaStreamTrack} track
 * @param {MediaStream} stream
 */
function sendAudio(pc, track, stream) {
  pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
}

/**
 * @param {RTCPeerConnection} pc
 * @param {MediaStreamTrack} track
 * @param {MediaStream} stream
 * @param {RTCRtpEncodingParameters[]} sendEncodings
 * @param {'vp8' | 'vp9' | 'h264' | undefined} codec
 */
function sendVideo(pc, track, stream, sendEncodings, codec) {
  const transceiver = pc.addTransceiver(track, { direction: 'sendonly', streams: [stream], sendEncodings });
  if (codec !== undefined) transceiver.setCodecPreferences(preferring(codec));
}

/**
 * A smaller picture may take what its area is worth.
 * @param {RTCRtpEncodingParameters[]} encodings
 * @param {number | undefined} maxBitrate
 */
function limit(encodings, maxBitrate) {
  if (maxBitrate === undefined) return encodings;
  return encodings.map((encoding) => ({
    ...encoding,
    maxBitrate: Math.round(maxBitrate / (encoding.scaleResolutionDownBy ?? 1) ** 2),
  }));
}

/**
 * All codecs of this browser, this one first.
 * @param {'vp8' | 'vp9' | 'h264'} codec
 */
function preferring(codec) {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const wanted = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${codec}`);
  return [...wanted, ...codecs.filter((other) => !wanted.includes(other))];
}
