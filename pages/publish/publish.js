// @ts-check
/**
 * @import { State } from './publisher.js'
 * @import { Source } from './sources.js'
 */
import { openLevelMeter } from './level-meter.js';
import { Publisher } from './publisher.js';
import { extrasOf, fillForm, readForm } from './settings.js';
import { openSource } from './sources.js';

const form = /** @type {HTMLFormElement} */ (byId('form'));
const fields = /** @type {HTMLFieldSetElement} */ (byId('fields'));
const preview = /** @type {HTMLVideoElement} */ (byId('preview'));
const microphone = /** @type {HTMLButtonElement} */ (byId('microphone'));
const camera = /** @type {HTMLButtonElement} */ (byId('camera'));
const level = /** @type {HTMLMeterElement} */ (byId('level'));
const leave = /** @type {HTMLButtonElement} */ (byId('leave'));

/** @type {Record<State | 'idle', string>} */
const STATES = {
  idle: 'Not in a channel',
  joining: 'Joining …',
  live: 'In the channel',
  waiting: 'Connection lost',
  refused: 'Not in a channel',
};

/** Is in the channel until the person leaves, or must. */
async function join() {
  const settings = readForm(form);
  fields.disabled = true;
  show('joining', '');
  /** @type {(() => void)[]} in the order in which they were opened */
  const closers = [];
  try {
    const source = await openSource(settings, extrasOf(new URL(location.href)));
    closers.push(source.close);
    closers.push(showPreview(source.stream, settings.source !== 'pattern'));
    closers.push(showLevel(source));
    const publisher = new Publisher(settings, source.stream, show);
    closers.push(() => void publisher.leave());
    closers.push(bindButton(microphone, source.stream.getAudioTracks(), (muted) => publisher.mute('audio', muted)));
    closers.push(
      bindButton(camera, source.stream.getVideoTracks(), (muted) => {
        preview.classList.toggle('off', muted);
        return publisher.mute('video', muted);
      }),
    );
    closers.push(bindLeave(publisher));
    await publisher.run();
    if (document.body.dataset['state'] !== 'refused') show('idle', '');
  } catch (error) {
    show('refused', error instanceof Error ? error.message : String(error));
  } finally {
    for (const close of closers.reverse()) close();
    fields.disabled = false;
  }
}

/**
 * @param {MediaStream} stream
 * @param {boolean} mirrored as people know themselves
 * @returns {() => void}
 */
function showPreview(stream, mirrored) {
  preview.classList.toggle('mirrored', mirrored);
  preview.classList.remove('off');
  preview.srcObject = stream;
  return () => {
    preview.srcObject = null;
  };
}

/**
 * A browser lets sound run only after the person has done something on the page; where nothing was needed to join, it is the next
 * click.
 * @param {Source} source
 * @returns {() => void}
 */
function showLevel(source) {
  const meter = source.stream.getAudioTracks().length > 0 ? openLevelMeter(level, source.stream) : null;
  const resume = () => {
    void source.resume();
    void meter?.resume();
  };
  document.addEventListener('pointerdown', resume);
  return () => {
    document.removeEventListener('pointerdown', resume);
    meter?.close();
  };
}

/**
 * @param {HTMLButtonElement} button
 * @param {MediaStreamTrack[]} tracks
 * @param {(muted: boolean) => Promise<void>} mute
 * @returns {() => void}
 */
function bindButton(button, tracks, mute) {
  button.disabled = tracks.length === 0;
  button.onclick = () => {
    const muted = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(muted));
    mute(muted).catch((error) => show('refused', String(error)));
  };
  return () => {
    button.disabled = true;
    button.onclick = null;
    button.setAttribute('aria-pressed', 'false');
  };
}

/**
 * @param {Publisher} publisher
 * @returns {() => void}
 */
function bindLeave(publisher) {
  const go = () => void publisher.leave();
  leave.disabled = false;
  leave.onclick = go;
  window.addEventListener('pagehide', go);
  return () => {
    leave.disabled = true;
    leave.onclick = null;
    window.removeEventListener('pagehide', go);
  };
}

/**
 * @param {State | 'idle'} state
 * @param {string} detail
 */
function show(state, detail) {
  document.body.dataset['state'] = state;
  byId('state').textContent = STATES[state];
  byId('problem').textContent = detail;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

form.onsubmit = (event) => {
  event.preventDefault();
  void join();
};
fillForm(form, new URL(location.href));
if (extrasOf(new URL(location.href)).auto) form.requestSubmit();
