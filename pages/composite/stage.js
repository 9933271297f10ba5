// @ts-check
/** @import { LayoutPlan, RenderMode } from '../../src/recording/channel.ts' */
/** @import { Guest, Region } from '../types.ts' */
import { uidsToShow } from './guests.js';
import { Images } from './images.js';
import { regionsFor, toPixels } from './layout.js';
import { Tile } from './tile.js';

/** @typedef {object} StageEvents
 * @property {(uid: string, receiving: boolean, atMs: number) => void} onReceiving this user's picture is seen, or not any more; UTC ms
 * @property {(text: string) => void} onNote
 */

/** @typedef {{ readonly element: HTMLImageElement, readonly render: RenderMode }} ShownImage */

/** @type {RenderMode} */
const CROP = 'crop';

/** All that is seen: the background, and on it the users as the layout has them. */
export class Stage {
  #events;
  #size;
  #images;
  #canvas = document.createElement('div');
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  #layout;
  /** @type {readonly Guest[]} */
  #guests = [];
  /** The canvas without users, and what it is made of. */
  #ground = document.createElement('div');
  #groundColor = '';
  /** @type {HTMLImageElement | null} */
  #groundImage = null;
  /** @type {Map<string, ShownImage | null>} by uid */
  #shownImages = new Map();

  /**
   * @param {{ readonly width: number, readonly height: number }} size pixels
   * @param {LayoutPlan} layout
   * @param {StageEvents} events
   */
  constructor(size, layout, events) {
    this.#events = events;
    this.#size = size;
    this.#layout = layout;
    this.#images = new Images(() => this.#draw(), events.onNote);
    this.#canvas.className = 'canvas';
    this.#canvas.style.width = `${size.width}px`;
    this.#canvas.style.height = `${size.height}px`;
    document.body.append(this.#canvas);
    this.setLayout(layout);
  }

  /** @param {LayoutPlan} layout */
  setLayout(layout) {
    this.#layout = layout;
    this.#images.want(imagesOf(layout));
    this.#draw();
  }

  /**
   * @param {readonly Guest[]} guests
   * @param {(uid: string) => MediaStreamTrack | null} trackOf
   */
  setGuests(guests, trackOf) {
    this.#guests = guests;
    this.#draw();
    for (const { user, wanted } of guests) {
      if (wanted.video) this.#tileOf(user.uid).setPicture(trackOf(user.uid), user.video);
    }
  }

  #draw() {
    this.#drawGround();
    const uids = uidsToShow(this.#guests);
    const regions = regionsFor(this.#layout, uids).filter(({ uid }) => uid !== null);
    const places = new Map(regions.map((region, level) => [String(region.uid), this.#placeOf(region, level + 1)]));
    for (const uid of this.#tiles.keys()) {
      if (uids.includes(uid)) continue;
      if (places.has(uid)) this.#tileOf(uid).clear();
      else this.#remove(uid);
    }
    for (const uid of new Set([...uids, ...places.keys()])) this.#tileOf(uid).show(places.get(uid) ?? null);
  }

  #drawGround() {
    const { backgroundColor, backgroundImage } = this.#layout;
    // One that is on its way takes the place of the one before when it is there.
    const image = backgroundImage && (this.#images.get(backgroundImage) ?? this.#groundImage);
    if (backgroundColor === this.#groundColor && image === this.#groundImage) return;
    this.#groundColor = backgroundColor;
    this.#groundImage = image || null;
    document.documentElement.style.background = backgroundColor;
    document.body.style.background = backgroundColor;
    const ground = document.createElement('div');
    ground.className = 'canvas';
    ground.style.background = backgroundColor;
    ground.style.width = `${this.#size.width}px`;
    ground.style.height = `${this.#size.height}px`;
    if (image) ground.append(image.cloneNode());
    this.#ground.remove();
    this.#canvas.prepend(ground);
    this.#ground = ground;
  }

  /**
   * @param {Region} region
   * @param {number} level
   */
  #placeOf(region, level) {
    return {
      box: toPixels(region, this.#size),
      level,
      alpha: region.alpha,
      render: region.render,
      image: this.#imageOf(String(region.uid)),
      // Only there may other users lie below who are not to be seen: the small windows of `floating` are transparent.
      ground: this.#layout.kind === 'custom' ? this.#ground : null,
    };
  }

  /**
   * The user's own image before the one for all; as long as neither has come, the one that was there before.
   * @param {string} uid
   */
  #imageOf(uid) {
    const { userImages, defaultUserImage } = this.#layout;
    const own = userImages.filter((image) => image.uid === uid);
    const named = defaultUserImage === null ? own : [...own, { url: defaultUserImage, render: CROP }];
    const there = named.flatMap(({ url, render }) => {
      const element = this.#images.get(url);
      return element ? [{ element, render }] : [];
    });
    const before = named.length > 0 ? this.#shownImages.get(uid) : null;
    const shown = there[0] ?? before ?? null;
    this.#shownImages.set(uid, shown);
    return shown;
  }

  /** @param {string} uid */
  #tileOf(uid) {
    const known = this.#tiles.get(uid);
    if (known) return known;
    const tile = new Tile((receiving, atMs) => this.#events.onReceiving(uid, receiving, atMs));
    this.#tiles.set(uid, tile);
    this.#canvas.append(tile.element);
    return tile;
  }

  /** @param {string} uid */
  #remove(uid) {
    this.#tiles.get(uid)?.close();
    this.#tiles.delete(uid);
    this.#shownImages.delete(uid);
  }
}

/**
 * @param {LayoutPlan} layout
 * @returns {string[]} addresses of all pictures that it names
 */
function imagesOf({ backgroundImage, defaultUserImage, userImages }) {
  return [backgroundImage, defaultUserImage, ...userImages.map(({ url }) => url)].filter((url) => url !== null);
}
