// @ts-check

/**
 * A video element that plays one track. Elements, not a canvas that all are drawn into: four pictures of 1280x720 on two cores
 * without a GPU take 0.3 cores at 30 frames a second as elements and 0.9 on a canvas; 0.13 and 0.5 at 15 frames.
 *
 * The element stays where it is in the document for as long as it lives: moving it would stop it for a moment.
 */
export class Picture {
  element = document.createElement('video');
  /** When the latest frame was shown that was watched for, on the page's clock. */
  frameMs = Number.NEGATIVE_INFINITY;
  #onFrame;
  #watching = false;
  #closed = false;

  /**
   * @param {MediaStreamTrack} track
   * @param {() => void} onFrame see `watch`
   */
  constructor(track, onFrame) {
    this.#onFrame = onFrame;
    const { element } = this;
    element.className = 'fill';
    // The sound goes through the mixer.
    element.muted = true;
    element.playsInline = true;
    element.disablePictureInPicture = true;
    element.srcObject = new MediaStream([track]);
    element.onpause = () => this.#play();
    this.#play();
  }

  /** `onFrame` is told of the next frame, before it is painted. */
  watch() {
    if (this.#watching) return;
    this.#watching = true;
    this.element.requestVideoFrameCallback((now) => {
      this.#watching = false;
      this.frameMs = now;
      if (!this.#closed) this.#onFrame();
    });
  }

  /** From now on it shows its last frame. One that plays turns black as soon as its track ends. */
  freeze() {
    this.element.onpause = null;
    this.element.pause();
  }

  close() {
    this.#closed = true;
    this.element.onpause = null;
    this.element.srcObject = null;
    this.element.remove();
  }

  #play() {
    // Refused when the element is closed meanwhile.
    if (!this.#closed) this.element.play().catch(() => {});
  }
}
