// @ts-check

/** A picture of more pixels would take hundreds of megabytes once it is unpacked. */
const MOST_PIXELS = 64e6;
/** The API's limit. Servers of other origins do not tell sizes, so it holds where the size is known. */
const MOST_BYTES = 6 * 2 ** 20;
/** A picture that cannot be had is tried again after these times. */
const RETRIES_MS = [2_000, 10_000, 60_000];
const SLOW_MS = 30_000;

/**
 * The background pictures: loaded and unpacked out of sight, and there only when they can be painted at once. One that is slow or
 * missing stays away, and that is all it does.
 */
export class Images {
  #onLoaded;
  #note;
  /** @type {Map<string, Loading>} */
  #all = new Map();

  /**
   * @param {() => void} onLoaded there is one more
   * @param {(text: string) => void} note
   */
  constructor(onLoaded, note) {
    this.#onLoaded = onLoaded;
    this.#note = note;
  }

  /** @param {readonly string[]} urls of the pictures that are wanted from now on; all others are forgotten */
  want(urls) {
    for (const [url, loading] of this.#all) {
      if (urls.includes(url)) continue;
      loading.close();
      this.#all.delete(url);
    }
    for (const url of urls) {
      if (!this.#all.has(url)) this.#all.set(url, new Loading(url, this.#onLoaded, this.#note));
    }
  }

  /** @param {string | null} url @returns {HTMLImageElement | null} null: not there (yet) */
  get(url) {
    return (url !== null && this.#all.get(url)?.image) || null;
  }
}

class Loading {
  /** @type {HTMLImageElement | null} */
  image = null;
  #url;
  #onLoaded;
  #note;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #element = new Image();
  #closed = false;

  /**
   * @param {string} url
   * @param {() => void} onLoaded
   * @param {(text: string) => void} note
   */
  constructor(url, onLoaded, note) {
    this.#url = url;
    this.#onLoaded = onLoaded;
    this.#note = note;
    void this.#load();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    // Ends the download.
    this.#element.removeAttribute('src');
  }

  async #load() {
    for (const pauseMs of [...RETRIES_MS, null]) {
      const loaded = await this.#fetch();
      if (loaded) return await this.#unpack(this.#element);
      this.#complain('cannot be loaded, or is no picture');
      if (pauseMs === null) return;
      await this.#pause(pauseMs);
    }
  }

  /** @returns {Promise<boolean>} never resolves once it is closed */
  async #fetch() {
    this.#element = new Image();
    this.#element.className = 'fill';
    this.#element.decoding = 'sync';
    const { promise, resolve } = Promise.withResolvers();
    this.#element.onload = () => resolve(true);
    this.#element.onerror = () => resolve(false);
    this.#timer = setTimeout(() => this.#complain(`has not come for ${SLOW_MS / 1000} s`), SLOW_MS);
    this.#element.src = this.#url;
    const loaded = await promise;
    clearTimeout(this.#timer);
    return loaded;
  }

  /** @param {HTMLImageElement} element */
  async #unpack(element) {
    const trouble = tooLarge(element) ?? (await element.decode().catch(() => 'cannot be decoded'));
    if (this.#closed) return;
    if (trouble) return this.#complain(trouble);
    this.image = element;
    this.#onLoaded();
  }

  /** @param {string} trouble */
  #complain(trouble) {
    this.#note(`background picture ${this.#url}: ${trouble}`);
  }

  /** @param {number} ms */
  async #pause(ms) {
    await new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ms);
    });
  }
}

/**
 * @param {HTMLImageElement} element
 * @returns {string | null} null: it is not
 */
function tooLarge({ src, naturalWidth, naturalHeight }) {
  if (naturalWidth * naturalHeight > MOST_PIXELS) return `has ${naturalWidth}x${naturalHeight} pixels, too many`;
  const entry = performance.getEntriesByName(src).at(-1);
  const bytes = entry instanceof PerformanceResourceTiming ? entry.encodedBodySize : 0;
  return bytes > MOST_BYTES ? `has ${bytes} bytes, the limit is ${MOST_BYTES}` : null;
}
