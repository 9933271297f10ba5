// @ts-check

import { EventParser } from './event-parser.js';
import { refusalOf } from './exchange.js';

/** @import { HubUser } from '../../src/channel/hub.ts' */

/** The service gives a sign of life every three seconds. */
const SILENCE_MS = 10_000;

/**
 * Is in the channel, and told who else is, until the service ends it or is not heard of any more.
 *
 * @param {object} order
 * @param {string} order.endpoint `.../users?uid=U&role=recorder`
 * @param {string | null} order.token
 * @param {AbortSignal} order.signal
 * @param {(users: readonly HubUser[]) => void} order.onUsers
 * @returns {Promise<string>} why it ended, as the service words it: `uid_taken`, `hub_lost`, ...; empty: the connection ended
 * @throws {import('./exchange.js').RefusedError | Error}
 */
export async function followUsers({ endpoint, token, signal, onUsers }) {
  const over = new AbortController();
  const fall = () => over.abort(new Error(`nothing was heard of the service for ${SILENCE_MS / 1000} s`));
  let silence = setTimeout(fall, SILENCE_MS);
  try {
    const response = await fetch(endpoint, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      cache: 'no-store',
      signal: AbortSignal.any([signal, over.signal]),
    });
    if (!response.ok || !response.body) throw await refusalOf(response);
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return '';
      clearTimeout(silence);
      silence = setTimeout(fall, SILENCE_MS);
      for (const { name, data } of parser.push(value)) {
        if (name === 'users') onUsers(JSON.parse(data));
        if (name === 'end') return String(JSON.parse(data).why);
      }
    }
  } finally {
    clearTimeout(silence);
    over.abort();
  }
}
