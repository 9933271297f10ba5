// @ts-check

import { RefusedError } from '../shared/exchange.js';
import { followUsers } from '../shared/hub-users.js';
import { pause } from '../shared/retries.js';
import { publish } from '../shared/whip.js';

/** @import { Settings } from './settings.js' */

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;
/** A connection that held this long was a good one: the next wait is a short one again. */
const HELD_MS = 10_000;
/** A connection finds back by itself from a short gap. */
const GAP_MS = 2_000;

/**
 * `waiting`: the connection is lost, or was not to be had, and is tried again. `refused`: it is not tried again.
 * @typedef {'joining' | 'live' | 'waiting' | 'refused'} State
 */

/** The connection was there, or nearly, and is no more. */
class LostError extends Error {}

/** Publishes a stream into a channel, again and again if it must, until it is left. */
export class Publisher {
  #settings;
  #stream;
  #onState;
  #left = new AbortController();
  /** @type {{ pc: RTCPeerConnection, close(): Promise<void> } | null} */
  #session = null;
  /** @type {Set<'audio' | 'video'>} */
  #muted = new Set();

  /**
   * @param {Settings} settings
   * @param {MediaStream} stream
   * @param {(state: State, detail: string) => void} onState
   */
  constructor(settings, stream, onState) {
    this.#settings = settings;
    this.#stream = stream;
    this.#onState = onState;
  }

  /** Resolves when it has been left, or may not be in. */
  async run() {
    let waitMs = FIRST_WAIT_MS;
    while (!this.#left.signal.aborted) {
      const startedMs = performance.now();
      const problem = await this.#hold();
      if (this.#left.signal.aborted) return;
      if (!isPassing(problem)) return this.#onState('refused', problem.message);
      waitMs = performance.now() - startedMs > HELD_MS ? FIRST_WAIT_MS : Math.min(2 * waitMs, MAX_WAIT_MS);
      this.#onState('waiting', `${problem.message}; next try in ${Math.ceil(waitMs / 1000)} s`);
      await pause(waitMs, this.#left.signal);
      if (problem instanceof LostError && (await this.#isTaken())) {
        return this.#onState('refused', `somebody else has joined with uid ${this.#settings.uid}`);
      }
    }
  }

  /**
   * Nothing of this kind is sent while it is muted.
   * @param {'audio' | 'video'} kind
   * @param {boolean} muted
   */
  async mute(kind, muted) {
    if (muted) this.#muted.add(kind);
    else this.#muted.delete(kind);
    await this.#applyMutes();
  }

  async leave() {
    this.#left.abort();
    await this.#session?.close();
  }

  /**
   * One connection, until it ends.
   * @returns {Promise<Error>} why
   */
  async #hold() {
    this.#onState('joining', '');
    try {
      const { token, encryption, codec, simulcast } = this.#settings;
      this.#session = await publish({
        endpoint: endpointOf(this.#settings, 'whip'),
        token,
        stream: this.#stream,
        encryption,
        simulcast,
        ...(codec && { codec }),
        signal: this.#left.signal,
      });
      await this.#applyMutes();
      return await this.#lost(this.#session.pc);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      await this.#session?.close();
      this.#session = null;
    }
  }

  /**
   * @param {RTCPeerConnection} pc
   * @returns {Promise<LostError>}
   */
  #lost(pc) {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(gap);
        pc.onconnectionstatechange = null;
        resolve(new LostError('the connection is lost'));
      };
      let gap = setTimeout(end, MAX_WAIT_MS);
      const look = () => {
        clearTimeout(gap);
        if (pc.connectionState === 'connected') this.#onState('live', '');
        else if (pc.connectionState === 'failed' || pc.connectionState === 'closed') end();
        else gap = setTimeout(end, pc.connectionState === 'disconnected' ? GAP_MS : MAX_WAIT_MS);
      };
      pc.onconnectionstatechange = look;
      this.#left.signal.addEventListener('abort', end, { once: true });
      look();
    });
  }

  /**
   * Whether somebody publishes under this uid although we do not: then trying again would drive them out, and they us.
   * @returns {Promise<boolean>}
   */
  async #isTaken() {
    const { token, uid } = this.#settings;
    const asked = new AbortController();
    const signal = AbortSignal.any([asked.signal, this.#left.signal]);
    let taken = false;
    await followUsers({
      endpoint: endpointOf(this.#settings, 'users', { role: 'recorder' }),
      token,
      signal,
      onUsers(users) {
        taken = users.some((user) => user.uid === uid && user.publication !== null);
        asked.abort();
      },
      // Ended by us, or not to be had: then publishing is not, either, and says why.
    }).catch(() => {});
    return taken;
  }

  async #applyMutes() {
    for (const track of this.#stream.getTracks()) {
      const kind = /** @type {'audio' | 'video'} */ (track.kind);
      const muted = this.#muted.has(kind);
      // What is muted does not get out, not even between a connection and its first mute.
      track.enabled = !muted;
      const transceiver = this.#session?.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
      await transceiver?.sender.replaceTrack(muted ? null : track);
    }
  }
}

/**
 * @param {Settings} settings
 * @param {'whip' | 'users'} name
 * @param {Record<string, string>} [query]
 */
function endpointOf({ app, channel, uid }, name, query = {}) {
  const path = `../../v1/apps/${encodeURIComponent(app)}/channels/${encodeURIComponent(channel)}/${name}`;
  const url = new URL(path, import.meta.url);
  url.search = String(new URLSearchParams({ uid, ...query }));
  return url.href;
}

/**
 * Whether trying again may help: the service is being started, cannot be reached, or is slow.
 * @param {Error} problem
 */
function isPassing(problem) {
  if (problem instanceof RefusedError) return problem.status >= 500;
  // `fetch` says by a TypeError that nobody answers.
  return problem instanceof LostError || problem instanceof TypeError || problem.name === 'TimeoutError';
}
