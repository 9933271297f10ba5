// @ts-check
import { openE2ee } from '../../pages/shared/e2ee.js';

/** @import { EncryptionPlan } from '../../src/recording/channel.ts' */

/**
 * What a receiver made of what a sender on the same page sent.
 *
 * @typedef {object} Received
 * @property {string} codec of the picture
 * @property {number} pictures decoded
 * @property {readonly number[] | null} colour red, green and blue of the middle of the picture; null: none was shown
 * @property {number} soundEnergy
 * @property {number} packets that came, of both kinds
 * @property {number} dropped frames, as the encryption counts
 * @property {readonly string[]} notes of the receiver
 */

const DEADLINE_MS = 15_000;

/**
 * Sends an orange picture and a tone over a pair of connections until pictures and sound have come, or frames were dropped.
 *
 * @param {object} order
 * @param {string} order.codec `video/VP8`
 * @param {EncryptionPlan | null} order.send
 * @param {EncryptionPlan | null} order.receive
 * @returns {Promise<Received>}
 */
export async function sendAndReceive({ codec, send, receive }) {
  /** @type {string[]} */
  const notes = [];
  const sending = send && (await openE2ee(send));
  const receiving = receive && (await openE2ee(receive, (text) => notes.push(text)));
  const here = new RTCPeerConnection();
  const there = new RTCPeerConnection();
  const source = makeSource();
  const video = document.createElement('video');
  const stream = new MediaStream();
  there.ontrack = ({ track, receiver }) => {
    receiving?.protectReceiver(receiver);
    stream.addTrack(track);
  };
  for (const track of source.stream.getTracks()) {
    const transceiver = here.addTransceiver(track, { direction: 'sendonly' });
    if (track.kind === 'video') transceiver.setCodecPreferences(only(codec));
    sending?.protectSender(transceiver.sender);
  }
  await connect(here, there);
  video.srcObject = stream;
  void video.play().catch(() => {});
  const received = await until(async () => {
    const facts = await look(there);
    const dropped = receiving?.dropped() ?? 0;
    return (facts.pictures > 10 && facts.soundEnergy > 0) || dropped > 60 ? { ...facts, dropped } : null;
  });
  const colour = video.videoWidth > 0 ? colourOf(video) : null;
  here.close();
  there.close();
  source.close();
  sending?.close();
  receiving?.close();
  return { ...received, colour, notes };
}

function makeSource() {
  const canvas = document.createElement('canvas');
  canvas.width = 320;
  canvas.height = 240;
  const drawing = canvas.getContext('2d');
  let count = 0;
  const timer = setInterval(() => {
    if (!drawing) return;
    drawing.fillStyle = '#ff8000';
    drawing.fillRect(0, 0, 320, 240);
    // Something moves, away from the middle, or nothing would be sent.
    drawing.fillStyle = '#000000';
    drawing.fillRect(count++ % 300, 0, 20, 20);
  }, 40);
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const out = audio.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  const stream = canvas.captureStream();
  for (const track of out.stream.getTracks()) stream.addTrack(track);
  const close = () => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
    void audio.close();
  };
  return { stream, close };
}

/**
 * With retransmission: without it, padding has sequence numbers of the picture's packets, and Chromium's receiver takes it for lost
 * frames of H.264 when it comes while the frame before is still being decrypted.
 *
 * @param {string} codec
 */
function only(codec) {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  return codecs.filter(({ mimeType }) => mimeType === codec || mimeType === 'video/rtx');
}

/**
 * @param {RTCPeerConnection} here
 * @param {RTCPeerConnection} there
 */
async function connect(here, there) {
  here.onicecandidate = ({ candidate }) => void there.addIceCandidate(candidate ?? undefined);
  there.onicecandidate = ({ candidate }) => void here.addIceCandidate(candidate ?? undefined);
  await here.setLocalDescription();
  if (here.localDescription) await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription();
  if (there.localDescription) await here.setRemoteDescription(there.localDescription);
}

/** @param {RTCPeerConnection} pc */
async function look(pc) {
  const facts = { codec: '', pictures: 0, soundEnergy: 0, packets: 0 };
  const report = await pc.getStats();
  for (const one of report.values()) {
    if (one.type !== 'inbound-rtp') continue;
    facts.packets += one.packetsReceived;
    if (one.kind === 'audio') facts.soundEnergy = one.totalAudioEnergy;
    else facts.pictures = one.framesDecoded;
    if (one.kind === 'video') facts.codec = report.get(one.codecId)?.mimeType ?? '';
  }
  return facts;
}

/** @param {HTMLVideoElement} video */
function colourOf(video) {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const drawing = canvas.getContext('2d');
  drawing?.drawImage(video, 0, 0);
  const pixel = drawing?.getImageData(video.videoWidth / 2, video.videoHeight / 2, 1, 1).data ?? [];
  return [...pixel].slice(0, 3);
}

/**
 * @template T
 * @param {() => Promise<T | null>} find
 * @returns {Promise<T>}
 */
async function until(find) {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = await find();
    if (found) return found;
    if (performance.now() > end) throw new Error('neither came nor was dropped what was sent');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
