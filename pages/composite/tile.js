// @ts-check
/** @import { RenderMode } from '../../src/recording/channel.ts' */
/** @import { Box } from '../types.ts' */
import { LivePicture } from './live-picture.js';

/** @typedef {object} Place Where a tile is, and what it shows there.
 * @property {Box} box in pixels
 * @property {number} level of two that overlap the higher one is seen
 * @property {number} alpha
 * @property {RenderMode} render of the live picture
 * @property {{ readonly element: HTMLImageElement, readonly render: RenderMode } | null} image seen in the place of a picture
 * @property {HTMLElement | null} ground seen where there is neither; null: what lies below the tile is seen
 */

/** One user's part of the page: the live picture or its last frame, or an image, or the ground. */
export class Tile {
  element = document.createElement('div');
  #live;
  #image = new Copy();
  #ground = new Copy();
  /** @type {Place | null} */
  #place = null;

  /** @param {(receiving: boolean, atMs: number) => void} onReceiving see `LivePicture` */
  constructor(onReceiving) {
    this.element.className = 'tile';
    this.#live = new LivePicture({
      onElement: (element) => this.element.append(element),
      onChange: () => this.#draw(),
      onReceiving,
    });
  }

  /** @param {Place | null} place null: nowhere; what can be had of the user is kept up to date all the same */
  show(place) {
    this.#place = place;
    if (place) {
      const { style } = this.element;
      moveTo(style, place.box);
      style.width = `${place.box.width}px`;
      style.height = `${place.box.height}px`;
      style.zIndex = String(place.level);
      style.opacity = String(place.alpha);
    }
    this.#draw();
  }

  /**
   * @param {MediaStreamTrack | null} track
   * @param {boolean} sending
   */
  setPicture(track, sending) {
    this.#live.set(track, sending);
  }

  /** The user is not there: nothing of the picture stays. */
  clear() {
    this.#live.clear();
    this.#draw();
  }

  close() {
    this.#live.clear();
    this.element.remove();
  }

  #draw() {
    const place = this.#place;
    const picture = this.#live.element;
    const image = this.#image.of(place?.image?.element ?? null, this.element);
    const ground = this.#ground.of(place?.ground ?? null, this.element);
    const imageIsDue = image !== null && (picture === null || this.#live.isOver);
    const seen = (imageIsDue ? image : picture) ?? ground;
    for (const element of [picture, image, ground])
      element?.classList.toggle('seen', element === seen && place !== null);
    if (!place) return;
    picture?.classList.toggle('fit', place.render === 'fit');
    image?.classList.toggle('fit', place.image?.render === 'fit');
    // It is as large as the canvas, and lies in its place there, as if the tile were a window to it.
    if (ground) moveTo(ground.style, { x: -place.box.x, y: -place.box.y });
  }
}

/** A copy of an element that others show too. */
class Copy {
  /** @type {HTMLElement | null} */
  #original = null;
  /** @type {HTMLElement | null} */
  #copy = null;

  /**
   * @param {HTMLElement | null} original
   * @param {HTMLElement} parent
   */
  of(original, parent) {
    if (original === this.#original) return this.#copy;
    this.#original = original;
    this.#copy?.remove();
    this.#copy = original && /** @type {HTMLElement} */ (original.cloneNode(true));
    if (this.#copy) parent.append(this.#copy);
    return this.#copy;
  }
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {Pick<Box, 'x' | 'y'>} corner
 */
function moveTo(style, { x, y }) {
  style.left = `${x}px`;
  style.top = `${y}px`;
}
