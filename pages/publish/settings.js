// @ts-check
/** @import { EncryptionPlan } from '../../src/recording/channel.ts' */

/**
 * What a person has entered.
 * @typedef {object} Settings
 * @property {string} app
 * @property {string} channel
 * @property {string} uid
 * @property {string | null} token
 * @property {'both' | 'microphone' | 'camera' | 'pattern'} source
 * @property {'vp8' | 'vp9' | 'h264' | null} codec
 * @property {boolean} simulcast
 * @property {EncryptionPlan | null} encryption
 */

/**
 * What only a link can say.
 * @typedef {object} Extras
 * @property {`${number}x${number}` | null} size of the picture
 * @property {number | null} fps
 * @property {string | null} color of the pattern
 * @property {number | null} tone of the pattern, in Hz
 * @property {boolean} beat
 * @property {boolean} auto joins at once. With a test pattern only: a camera is not turned on by a link.
 */

const TEXTS = ['app', 'channel', 'uid', 'codec', 'encryption'];
/** In the fragment, which is sent to nobody. */
const SECRETS = ['token', 'secret', 'salt'];

/**
 * Fills the form from the page's address.
 * @param {HTMLFormElement} form
 * @param {URL} url
 */
export function fillForm(form, url) {
  const hidden = new URLSearchParams(url.hash.slice(1));
  for (const name of TEXTS) setField(form, name, url.searchParams.get(name));
  for (const name of SECRETS) setField(form, name, hidden.get(name));
  setField(form, 'source', isSet(url, 'pattern') ? 'pattern' : null);
  /** @type {HTMLInputElement} */ (field(form, 'simulcast')).checked = isSet(url, 'simulcast');
  if (textOf(form, 'app') === '') setField(form, 'app', 'demo');
  if (textOf(form, 'channel') === '') setField(form, 'channel', 'lobby');
  if (textOf(form, 'uid') === '') setField(form, 'uid', String(1 + Math.floor(Math.random() * 99_999)));
}

/**
 * @param {HTMLFormElement} form
 * @returns {Settings}
 */
export function readForm(form) {
  const mode = /** @type {EncryptionPlan['mode'] | ''} */ (textOf(form, 'encryption'));
  const salt = mode.endsWith('gcm2') ? textOf(form, 'salt') : null;
  return {
    app: textOf(form, 'app'),
    channel: textOf(form, 'channel'),
    uid: textOf(form, 'uid'),
    token: textOf(form, 'token') || null,
    source: /** @type {Settings['source']} */ (textOf(form, 'source')),
    codec: /** @type {Settings['codec']} */ (textOf(form, 'codec') || null),
    simulcast: /** @type {HTMLInputElement} */ (field(form, 'simulcast')).checked,
    encryption: mode === '' ? null : { mode, secret: textOf(form, 'secret'), salt },
  };
}

/**
 * @param {URL} url
 * @returns {Extras}
 */
export function extrasOf(url) {
  const { searchParams } = url;
  const number = (/** @type {string} */ name) => Number(searchParams.get(name)) || null;
  const size = searchParams.get('size');
  const color = searchParams.get('color');
  return {
    size: size !== null && /^\d{2,4}x\d{2,4}$/.test(size) ? /** @type {`${number}x${number}`} */ (size) : null,
    fps: number('fps'),
    color: color !== null && /^[0-9a-f]{6}$/i.test(color) ? `#${color}` : null,
    tone: number('tone'),
    beat: isSet(url, 'beat'),
    auto: isSet(url, 'auto') && isSet(url, 'pattern'),
  };
}

/**
 * @param {URL} url
 * @param {string} name
 */
function isSet(url, name) {
  return url.searchParams.get(name) === '1';
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function field(form, name) {
  return /** @type {HTMLInputElement | HTMLSelectElement} */ (form.elements.namedItem(name));
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function textOf(form, name) {
  return field(form, name).value.trim();
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 * @param {string | null} value null leaves it as it is
 */
function setField(form, name, value) {
  if (value !== null) field(form, name).value = value;
}
