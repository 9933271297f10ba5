// @ts-check

import { pause, Retries } from '../../shared/retries.js';
import { view } from '../../shared/whep.js';

/** @import { EncryptionPlan } from '../../../src/recording/channel.ts' */
/** @import { Wanted } from '../../types.ts' */

/** A connection that is not there by then is tried anew. */
const CONNECT_MS = 8_000;
/** One that was there may come back within this time. */
const DISCONNECTED_MS = 2_000;
/** Who sends nothing at this time keeps nobody waiting for longer. */
const ARRIVAL_MS = 1_500;

/**
 * @typedef {object} ReceptionOrder
 * @property {string} endpoint of WHEP
 * @property {string | null} token
 * @property {EncryptionPlan | null} encryption
 * @property {Wanted} wanted
 * @property {boolean} takesOver something is received already, and should be until this has come
 * @property {(tracks: readonly MediaStreamTrack[]) => void} onTracks what is received; none: it is lost, and tried anew
 * @property {(error: unknown) => void} onFailure of a try
 */

/** Receives one publisher, over as many connections, one after the other, as it takes. */
export class Reception {
  #order;
  #abort = new AbortController();
  #retired = false;
  #over = Promise.resolve();

  /** @param {ReceptionOrder} order */
  constructor(order) {
    this.#order = order;
  }

  start() {
    this.#over = this.#receive();
  }

  /** Another takes over: it goes on for as long as it is not lost. */
  retire() {
    this.#retired = true;
  }

  /** @returns {Promise<void>} */
  async close() {
    this.#abort.abort();
    await this.#over;
  }

  async #receive() {
    const { signal } = this.#abort;
    const retries = new Retries();
    while (!signal.aborted && !this.#retired) {
      try {
        await this.#receiveOnce(retries);
      } catch (error) {
        if (!signal.aborted) this.#order.onFailure(error);
      }
      if (!this.#retired) await pause(retries.next(), signal);
    }
  }

  /** @param {Retries} retries */
  async #receiveOnce(retries) {
    const { wanted, takesOver, onTracks, ...place } = this.#order;
    const { signal } = this.#abort;
    const session = await view({ ...place, ...wanted, signal });
    try {
      const tracks = session.stream.getTracks();
      if (takesOver) await arrival(tracks, signal);
      if (signal.aborted) return;
      onTracks(tracks);
      await loss(session.pc, signal, () => retries.reset());
      if (!signal.aborted) onTracks([]);
    } finally {
      await session.close();
    }
  }
}

/**
 * @param {readonly MediaStreamTrack[]} tracks
 * @param {AbortSignal} signal
 * @returns {Promise<void>} once something has come by each of them, or not for long
 */
async function arrival(tracks, signal) {
  const enough = new AbortController();
  const either = AbortSignal.any([signal, enough.signal]);
  const come = tracks
    .filter(({ muted }) => muted)
    .map((track) => new Promise((resolve) => track.addEventListener('unmute', resolve, { signal: either })));
  await Promise.race([Promise.all(come), pause(ARRIVAL_MS, either)]);
  enough.abort();
}

/**
 * @param {RTCPeerConnection} pc
 * @param {AbortSignal} signal
 * @param {() => void} onConnected
 * @returns {Promise<void>} once the connection is lost
 */
async function loss(pc, signal, onConnected) {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = () => {
    clearTimeout(timer);
    const { connectionState: state } = pc;
    if (state === 'connected') onConnected();
    else if (state === 'failed' || state === 'closed') over.abort();
    else timer = setTimeout(() => over.abort(), state === 'disconnected' ? DISCONNECTED_MS : CONNECT_MS);
  };
  pc.addEventListener('connectionstatechange', look, { signal: either });
  look();
  if (!either.aborted) await new Promise((resolve) => either.addEventListener('abort', resolve, { once: true }));
  clearTimeout(timer);
}
