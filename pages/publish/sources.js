// @ts-check
/** @import { Extras, Settings } from './settings.js' */
import { openPattern } from './pattern.js';

/**
 * What is sent.
 * @typedef {object} Source
 * @property {MediaStream} stream
 * @property {() => Promise<void>} resume after the person has done something
 * @property {() => void} close
 */

/**
 * @param {Settings} settings
 * @param {Extras} extras
 * @returns {Promise<Source>}
 * @throws {Error} there is no such device, or the person does not allow it
 */
export async function openSource({ source, uid }, { size, fps, color, tone, beat }) {
  if (source === 'pattern') {
    return openPattern({
      ...(size && { size }),
      ...(fps && { fps }),
      color: color ?? colorOf(uid),
      tone: tone ?? toneOf(uid),
      label: uid,
      beat,
    });
  }
  if (navigator.mediaDevices === undefined) {
    throw new Error('browsers give camera and microphone only to pages that come over https, or from this machine');
  }
  const [width = 1280, height = 720] = (size ?? '1280x720').split('x').map(Number);
  const video = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: fps ?? 30 } };
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: source !== 'camera',
    video: source !== 'microphone' && video,
  });
  return {
    stream,
    resume: async () => {},
    close() {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

/**
 * Each user a colour of his own.
 * @param {string} uid
 */
function colorOf(uid) {
  return `hsl(${(Number(uid) * 137) % 360} 65% 42%)`;
}

/**
 * Each user a tone of his own: 17 of them, a few per cent apart, none near the beep.
 * @param {string} uid
 */
function toneOf(uid) {
  return Math.round(300 * 1.06 ** (Number(uid) % 17));
}
