// @ts-check
import { openPattern } from '../../pages/publish/pattern.js';
import { view } from '../../pages/shared/whep.js';
import { publish } from '../../pages/shared/whip.js';

/** @import { EncryptionPlan } from '../../src/recording/channel.ts' */

/**
 * What somebody sends, and how.
 *
 * @typedef {object} JoinOrder
 * @property {string} uid
 * @property {string} endpoint of WHIP
 * @property {`${number}x${number}`} size
 * @property {number} fps
 * @property {string} color `#RRGGBB`
 * @property {number} tone in Hz
 * @property {number} gain of the sound; 1: as soft as the pattern makes it
 * @property {boolean} beat flashes and beeps once a second
 * @property {boolean} stripes the picture is fine stripes, black and white, and all else in it is left out
 * @property {boolean} audio
 * @property {boolean} video
 * @property {'vp8' | 'vp9' | 'h264' | null} codec
 * @property {boolean} simulcast
 * @property {EncryptionPlan | null} encryption
 *
 * @typedef {object} Person
 * @property {MediaStream} stream
 * @property {RTCPeerConnection} pc
 * @property {() => Promise<void>} leave
 */

const CONNECT_MS = 30_000;
const LOOK_SIZE = 8;
const WHITE_ABOVE = 235;

/** @type {Map<string, Person>} */
const people = new Map();

/**
 * @param {JoinOrder} order
 * @returns {Promise<number>} when the first packet of the picture, or else of the sound, was sent, UTC ms; to some 20 ms
 */
export async function join(order) {
  const source = order.stripes ? openStripes(order) : openPattern(order);
  const stream = new MediaStream();
  const sound = order.gain === 1 ? null : amplify(source.stream, order.gain);
  if (order.audio) for (const track of (sound ?? source).stream.getAudioTracks()) stream.addTrack(track);
  if (order.video) for (const track of source.stream.getVideoTracks()) stream.addTrack(track);
  const { endpoint, encryption, codec, simulcast } = order;
  const close = () => {
    sound?.close();
    source.close();
  };
  const session = await publish({
    ...{ endpoint, token: null, stream, encryption, simulcast },
    ...(codec === null ? {} : { codec }),
  }).catch((error) => {
    close();
    throw error;
  });
  const leave = async () => {
    await session.close();
    close();
  };
  // Whoever comes back is there once.
  await people.get(order.uid)?.leave();
  people.set(order.uid, { stream, pc: session.pc, leave });
  return await firstPacket(session.pc, order.video ? 'video' : 'audio');
}

/** @param {string} uid */
export async function leave(uid) {
  await personOf(uid).leave();
  people.delete(uid);
}

/**
 * Sends no more packets of this kind, or sends them again; the connection stays.
 * @param {string} uid
 * @param {'audio' | 'video'} kind
 * @param {boolean} sending
 */
export async function send(uid, kind, sending) {
  const { pc, stream } = personOf(uid);
  const track = stream.getTracks().find((one) => one.kind === kind) ?? null;
  const transceiver = pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
  if (track === null || transceiver === undefined) throw new Error(`${uid} has never sent ${kind}`);
  await transceiver.sender.replaceTrack(sending ? track : null);
}

/**
 * Sends silence, or a black picture.
 * @param {string} uid
 * @param {'audio' | 'video'} kind
 * @param {boolean} muted
 */
export function mute(uid, kind, muted) {
  for (const track of personOf(uid).stream.getTracks()) if (track.kind === kind) track.enabled = !muted;
}

/** @type {number[]} */
const flashes = [];

/**
 * Looks at somebody as the recorder does, and keeps when the middle of the picture turned white.
 * @param {string} endpoint of WHEP
 */
export async function witness(endpoint) {
  const { stream } = await view({ endpoint, token: null, encryption: null, audio: false });
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = stream;
  void video.play().catch(() => {});
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: LOOK_SIZE, height: LOOK_SIZE });
  const picture = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  let white = true;
  /** @param {number} _ @param {VideoFrameCallbackMetadata} frame */
  const look = (_, { expectedDisplayTime }) => {
    picture?.drawImage(video, 0, 0, LOOK_SIZE, LOOK_SIZE);
    const [red = 0, green = 0, blue = 0] = picture?.getImageData(LOOK_SIZE / 2, LOOK_SIZE / 2, 1, 1).data ?? [];
    const isWhite = Math.min(red, green, blue) > WHITE_ABOVE;
    if (isWhite && !white) flashes.push(performance.timeOrigin + expectedDisplayTime);
    white = isWhite;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}

/** When the witness saw a flash begin, UTC ms. */
export function witnessed() {
  return flashes;
}

/** @param {string} uid */
function personOf(uid) {
  const person = people.get(uid);
  if (person === undefined) throw new Error(`${uid} is not there`);
  return person;
}

/**
 * @param {RTCPeerConnection} pc
 * @param {'audio' | 'video'} kind
 * @returns {Promise<number>}
 */
async function firstPacket(pc, kind) {
  const end = performance.now() + CONNECT_MS;
  while (performance.now() < end) {
    for (const one of (await pc.getStats()).values()) {
      if (one.type === 'outbound-rtp' && one.kind === kind && one.packetsSent > 0) return Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`nothing is sent within ${CONNECT_MS} ms: the connection is ${pc.connectionState}`);
}

/**
 * @param {MediaStream} stream
 * @param {number} gain
 */
function amplify(stream, gain) {
  // As in the pattern, no output device is needed.
  const options = /** @type {AudioContextOptions} */ ({ sampleRate: 48_000, sinkId: { type: 'none' } });
  const context = new AudioContext(options);
  const output = context.createMediaStreamDestination();
  output.channelCount = 1;
  new MediaStreamAudioSourceNode(context, { mediaStream: stream })
    .connect(new GainNode(context, { gain }))
    .connect(output);
  return { stream: output.stream, close: () => void context.close() };
}

/** @param {Pick<JoinOrder, 'size' | 'fps'>} order */
function openStripes({ size, fps }) {
  const [width = 0, height = 0] = size.split('x').map(Number);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const picture = canvas.getContext('2d', { alpha: false });
  if (picture === null) throw new Error('this browser draws no pictures');
  let count = 0;
  const draw = () => {
    for (let x = 0; x < width; x += 2) {
      picture.fillStyle = x % 4 === 0 ? '#ffffff' : '#000000';
      picture.fillRect(x, 0, 2, height);
    }
    // Something moves, away from the middle, or nothing is sent.
    picture.fillStyle = '#808080';
    picture.fillRect(count++ % width, 0, 4, 4);
  };
  const timer = setInterval(draw, 1000 / fps);
  const stream = canvas.captureStream();
  const close = () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
  };
  return { stream, close };
}
