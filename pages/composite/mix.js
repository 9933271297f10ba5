// @ts-check

const RATE = 48_000;
const RETRY_MS = 1_000;
/** Another mix takes over: this one is heard until the other one certainly is, and then fades. */
const OVERLAP_S = 0.04;
const FADE_S = 0.02;
const RETIRE_MS = 200;
/** A worklet that does not answer by then has failed. */
const MOST_MS = 2_000;

/** The sum of its inputs, played: an AudioContext with the worklet that does the work. */
export class Mix {
  #context;
  #node;
  #gain;
  /** @type {MediaStreamAudioSourceNode[]} all that it has ever played: Chromium keeps them anyway */
  #sources = [];

  /**
   * @param {AudioContext} context
   * @param {AudioWorkletNode} node
   * @param {GainNode} gain
   */
  constructor(context, node, gain) {
    this.#context = context;
    this.#node = node;
    this.#gain = gain;
  }

  /**
   * @param {number} inputs
   * @param {(what: string) => void} onFailure it is not heard any more
   * @throws {Error} when the worklet cannot be loaded
   */
  static async open(inputs, onFailure) {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
    try {
      await context.audioWorklet.addModule(new URL('mix-worklet.js', import.meta.url));
    } catch (error) {
      await context.close();
      throw error;
    }
    const node = new AudioWorkletNode(context, 'mix', {
      numberOfInputs: inputs,
      outputChannelCount: [2],
      channelCount: 2,
      channelCountMode: 'explicit',
    });
    const gain = new GainNode(context);
    node.connect(gain).connect(context.destination);
    node.onprocessorerror = () => onFailure('the mixer has failed');
    context.addEventListener('error', () => onFailure('the sound device has failed'));
    context.onstatechange = () => void keepRunning(context);
    void keepRunning(context);
    return new Mix(context, node, gain);
  }

  /**
   * @param {MediaStream} stream
   * @param {number} input
   */
  connect(stream, input) {
    const source = new MediaStreamAudioSourceNode(this.#context, { mediaStream: stream });
    source.connect(this.#node, 0, input);
    this.#sources.push(source);
    return source;
  }

  /** Dies away; another one is heard already. */
  async retire() {
    const from = this.#context.currentTime + OVERLAP_S;
    this.#gain.gain.setValueAtTime(1, from).linearRampToValueAtTime(0, from + FADE_S);
    await pause(RETIRE_MS);
    // Chromium never frees a context whose worklet was still at work when it was closed.
    for (const source of this.#sources) source.disconnect();
    const ended = new Promise((resolve) => {
      this.#node.port.onmessage = resolve;
    });
    this.#node.port.postMessage('end');
    await Promise.race([ended, pause(MOST_MS)]);
    this.#node.port.onmessage = null;
    this.#node.disconnect();
    await pause(RETIRE_MS);
    await this.#context.close();
  }
}

/**
 * @param {AudioContext} context
 * @returns {Promise<void>}
 */
async function keepRunning(context) {
  if (context.state === 'running' || context.state === 'closed') return;
  await context.resume().catch(() => {});
  setTimeout(() => void keepRunning(context), RETRY_MS);
}

/** @param {number} ms */
async function pause(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
