// @ts-check

const FLASH_MS = 100;
const TONE_LEVEL = 0.06;
const BEEP_LEVEL = 0.4;
const BEEP_HZ = 1000;
const CLOCK_SAMPLES = 50;

/**
 * A picture and a sound that tell who sends them, and when: one colour with a label and a dot that runs around, and a steady
 * tone. With `beat`, at each second of the wall clock, the middle of the picture is white for 100 ms, while a louder tone of
 * 1000 Hz is heard.
 * @param {object} [order]
 * @param {`${number}x${number}`} [order.size] in pixels
 * @param {number} [order.fps]
 * @param {string} [order.color] `#RRGGBB`, of the whole picture
 * @param {number} [order.tone] of the sound, in Hz
 * @param {string} [order.label] in large letters
 * @param {boolean} [order.beat]
 * @returns {{ stream: MediaStream, resume(): Promise<void>, close(): void }} `resume`: a browser may hold sound back until the
 *   person has done something
 */
export function openPattern({
  size = '640x360',
  fps = 15,
  color = '#3366ff',
  tone = 440,
  label = '',
  beat = false,
} = {}) {
  const [width = 640, height = 360] = size.split('x').map(Number);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const picture = canvas.getContext('2d', { alpha: false, desynchronized: true });
  if (picture === null) throw new Error('this browser draws no pictures');
  const sound = openSound(tone);
  const stream = canvas.captureStream();
  for (const track of sound.stream.getAudioTracks()) stream.addTrack(track);
  const stopFrames = everyFrame(fps, (nowMs) => {
    drawFrame(picture, { color, label, nowMs, flash: beat && nowMs % 1000 < FLASH_MS });
    if (beat) sound.beepAt((Math.floor(nowMs / 1000) + 1) * 1000);
  });
  return {
    stream,
    resume: () => sound.context.resume(),
    close() {
      stopFrames();
      for (const track of stream.getTracks()) track.stop();
      void sound.context.close();
    },
  };
}

/**
 * Calls at even steps of the wall clock, the first of each second exactly at its beginning. A worker keeps the time: in a page
 * that is not looked at, timers run once a second.
 * @param {number} fps
 * @param {(nowMs: number) => void} draw
 * @returns {() => void} stops it
 */
function everyFrame(fps, draw) {
  const worker = new Worker(new URL('./metronome.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data: dueMs }) => draw(dueMs);
  worker.postMessage(fps);
  return () => worker.terminate();
}

/**
 * @param {CanvasRenderingContext2D} picture
 * @param {{ color: string, label: string, nowMs: number, flash: boolean }} what
 */
function drawFrame(picture, { color, label, nowMs, flash }) {
  const { width, height } = picture.canvas;
  picture.fillStyle = color;
  picture.fillRect(0, 0, width, height);
  if (flash) {
    picture.fillStyle = '#ffffff';
    picture.fillRect(width * 0.3, height * 0.3, width * 0.4, height * 0.4);
  }
  picture.fillStyle = flash ? '#000000' : '#ffffff';
  picture.textAlign = 'center';
  picture.textBaseline = 'middle';
  picture.font = `bold ${Math.round(height * 0.16)}px sans-serif`;
  picture.fillText(label, width / 2, height / 2, width * 0.38);
  const angle = (nowMs / 3000) * 2 * Math.PI;
  const radius = height * 0.04;
  picture.fillStyle = '#ffffff';
  picture.beginPath();
  picture.arc(width / 2 + Math.sin(angle) * width * 0.42, height / 2 - Math.cos(angle) * height * 0.42, radius, 0, 7);
  picture.fill();
}

/**
 * A steady tone, and a beep on demand.
 * @param {number} tone
 */
function openSound(tone) {
  // Nothing is to be heard here, so no output device is needed. Not every browser knows the member; TypeScript does not.
  const options = /** @type {AudioContextOptions} */ ({ sampleRate: 48_000, sinkId: { type: 'none' } });
  const context = new AudioContext(options);
  const output = context.createMediaStreamDestination();
  output.channelCount = 1;
  play(context, output, tone, TONE_LEVEL);
  const beep = play(context, output, BEEP_HZ, 0);
  const clock = audioClock(context);
  let announced = 0;
  return {
    context,
    stream: output.stream,
    /** @param {number} dueMs wall clock; may be told more than once */
    beepAt(dueMs) {
      clock.sample();
      if (context.state !== 'running' || dueMs <= announced) return;
      announced = dueMs;
      const start = clock.timeAt(dueMs);
      beep.setValueAtTime(BEEP_LEVEL, start);
      beep.setValueAtTime(0, start + FLASH_MS / 1000);
    },
  };
}

/**
 * @param {AudioContext} context
 * @param {AudioNode} output
 * @param {number} frequency
 * @param {number} level
 * @returns {AudioParam} its level
 */
function play(context, output, frequency, level) {
  const tone = new OscillatorNode(context, { frequency });
  const gain = new GainNode(context, { gain: level });
  tone.connect(gain).connect(output);
  tone.start();
  return gain.gain;
}

/**
 * What the time of the audio clock is at a time of the wall clock. Sound is made in blocks, ahead of its time, and goes into the
 * stream as it is made; so what counts is `currentTime`, not what a loudspeaker would play. It moves on by a block at a time:
 * the middle of what was seen lately is taken.
 * @param {AudioContext} context
 */
function audioClock(context) {
  /** @type {number[]} */
  const offsets = [];
  return {
    sample() {
      if (context.state !== 'running') offsets.length = 0;
      offsets.push(context.currentTime - Date.now() / 1000);
      if (offsets.length > CLOCK_SAMPLES) offsets.shift();
    },
    /** @param {number} ms */
    timeAt(ms) {
      const middle = (Math.min(...offsets) + Math.max(...offsets)) / 2;
      return Math.max(context.currentTime, ms / 1000 + middle);
    },
  };
}
