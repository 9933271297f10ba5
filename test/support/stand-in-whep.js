// @ts-check
import { RefusedError } from '../../pages/shared/exchange.js';

/** Takes the place of `pages/shared/whep.js` in tests: publishers are on the same page, their connections are real. */

/** @import { view as realView } from '../../pages/shared/whep.js' */

/** @type {string[]} endpoints with what was wanted, and `close` of those */
const calls = [];
/** @type {Map<string, RTCPeerConnection>} publisher's end by uid */
const publishers = new Map();
/** @type {Set<RTCPeerConnection>} */
const open = new Set();
/** @type {RefusedError | null} */
let refusal = null;

/** @type {typeof realView} */
export async function view({ endpoint, audio = true, video = true, signal }) {
  const { pathname, searchParams } = new URL(endpoint);
  const uid = pathname.split('/').at(-1) ?? '';
  const name = `${uid} ${searchParams.get('layer')} ${audio ? 'audio' : ''} ${video ? 'video' : ''}`;
  calls.push(name);
  if (refusal) throw refusal;
  const here = connection();
  const there = connection();
  publishers.set(uid, there);
  here.onicecandidate = ({ candidate }) => void there.addIceCandidate(candidate ?? undefined).catch(() => {});
  there.onicecandidate = ({ candidate }) => void here.addIceCandidate(candidate ?? undefined).catch(() => {});
  const stream = new MediaStream();
  here.ontrack = ({ track }) => stream.addTrack(track);
  const close = async () => {
    calls.push(`close ${name}`);
    for (const pc of [here, there]) {
      for (const { track } of pc.getSenders()) track?.stop();
      pc.close();
      open.delete(pc);
    }
  };
  try {
    if (audio) there.addTransceiver(sound(), { direction: 'sendonly' });
    if (video) there.addTransceiver(picture(), { direction: 'sendonly' });
    await there.setLocalDescription();
    await here.setRemoteDescription(/** @type {RTCSessionDescription} */ (there.localDescription));
    await here.setLocalDescription();
    await there.setRemoteDescription(/** @type {RTCSessionDescription} */ (here.localDescription));
    signal?.throwIfAborted();
    return { pc: here, stream, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function connection() {
  const pc = new RTCPeerConnection();
  open.add(pc);
  return pc;
}

const audio = new AudioContext();

function sound() {
  const tone = audio.createOscillator();
  const out = audio.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  const [track] = out.stream.getTracks();
  if (!track) throw new Error('no sound');
  track.addEventListener('ended', () => tone.stop());
  return track;
}

function picture() {
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 64;
  const drawing = canvas.getContext('2d');
  const [track] = canvas.captureStream(10).getTracks();
  if (!track) throw new Error('no picture');
  let count = 0;
  const draw = () => {
    drawing?.fillRect(count++ % 64, 0, 4, 4);
    if (track.readyState === 'live') requestAnimationFrame(draw);
  };
  draw();
  return track;
}

/**
 * How every try ends from now on.
 *
 * @param {{ status: number, code: string } | null} how null: well
 */
export function refuse(how) {
  refusal = how && new RefusedError(how.status, how.code, 'refused by the test');
}

/**
 * The publisher's end vanishes.
 *
 * @param {string} uid
 */
export function lose(uid) {
  publishers.get(uid)?.close();
}

/** @returns {string[]} the calls since this was asked last */
export function takeCalls() {
  return calls.splice(0);
}

export function countOpen() {
  return open.size;
}
