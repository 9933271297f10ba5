// @ts-check
/** @import { ChannelPlan, ToChannelPage } from '../../src/recording/channel.ts' */
/** @import { OpenChannel } from '../types.ts' */
import { openBridge } from './bridge.js';
import { painted } from './clock.js';
import { Composite } from './composite.js';
import { Notes } from './notes.js';

const RETRY_MS = 2_000;

/** @type {Composite | null} */
let composite = null;
const tell = openBridge((message) => notes.guard(message.type, () => receive(message)));
const notes = new Notes((text) => tell({ type: 'note', text }));
addEventListener('error', ({ message }) => notes.add(message));
addEventListener('unhandledrejection', ({ reason }) => notes.add(`unhandled: ${reason}`));
tell({ type: 'hello' });

/** @param {ToChannelPage} message */
function receive(message) {
  if (message.type === 'begin') {
    begin(message.channel, message);
    return;
  }
  if (message.type === 'layout') composite?.setLayout(message.layout);
  else composite?.setSubscription(message.subscription);
  void painted().then(() => tell({ type: 'done', id: message.id }));
}

/**
 * @param {ChannelPlan} plan
 * @param {{ readonly width: number, readonly height: number }} size
 */
function begin(plan, size) {
  const begun = new Composite(plan, size, tell, notes);
  composite = begun;
  void loadTransport(plan.transport.kind).then((open) => begun.join(open));
}

/**
 * How the channel is reached; tried until it is there, each time by another address, as Chromium remembers what failed.
 * @param {ChannelPlan['transport']['kind']} kind
 * @returns {Promise<OpenChannel>}
 */
async function loadTransport(kind) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const address = `./channels/${kind}.js${attempt > 0 ? `?${attempt}` : ''}`;
      return (await import(address)).open;
    } catch (error) {
      notes.add(`the way to the channel cannot be loaded: ${error}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
