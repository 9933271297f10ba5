// @ts-check

const LOOK_MS = 20;
/** A user who sends nothing but silence is received all the same. */
const SILENT_MS = 1_000;

/** Finds out when a source is heard for the first time. What comes before the first packet is exact silence. */
export class Onset {
  #analyser;
  #source;
  #onHeard;
  #samples;
  #startedMs = performance.now();
  /** @type {ReturnType<typeof setInterval> | null} */
  #timer;

  /**
   * @param {AudioNode} source
   * @param {(ms: number) => void} onHeard told once; on the page's clock
   */
  constructor(source, onHeard) {
    this.#source = source;
    this.#onHeard = onHeard;
    this.#analyser = new AnalyserNode(source.context, { fftSize: 4096 });
    this.#samples = new Float32Array(this.#analyser.fftSize);
    source.connect(this.#analyser);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  close() {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#source.disconnect(this.#analyser);
  }

  #look() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const first = this.#samples.findIndex((sample) => sample !== 0);
    const now = performance.now();
    const agoMs = ((this.#samples.length - first) / this.#source.context.sampleRate) * 1000;
    if (first !== -1) this.#tell(Math.max(now - agoMs, this.#startedMs));
    else if (now - this.#startedMs > SILENT_MS) this.#tell(this.#startedMs);
  }

  /** @param {number} ms */
  #tell(ms) {
    this.close();
    this.#onHeard(ms);
  }
}
