import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { CDPSession } from 'puppeteer-core';
import { ChannelBridge } from '../../../src/browser/channel-bridge.ts';
import type { FromChannelPage, ToChannelPage } from '../../../src/recording/channel.ts';
import { channelPlan } from '../../support/channel-plans.ts';

const BEGIN: ToChannelPage = { type: 'begin', channel: channelPlan({ cname: '"</script>' }), width: 640, height: 360 };

/** A DevTools session whose page runs what it is sent. */
class FakePage extends EventEmitter {
  readonly told: ToChannelPage[] = [];
  readonly bindings: string[] = [];
  state: 'plain' | 'throws' | 'gone' = 'plain';

  async send(method: string, { name, expression }: { name?: string; expression?: string }): Promise<object> {
    if (method === 'Runtime.addBinding') this.bindings.push(name ?? '');
    if (this.state === 'gone') throw new Error('the target is closed');
    if (this.state === 'throws') return { exceptionDetails: {} };
    const tapeheadReceive = (message: ToChannelPage) => this.told.push(message);
    new Function('tapeheadReceive', expression ?? '')(tapeheadReceive);
    return {};
  }

  says(message: unknown, name = 'tapeheadChannel'): void {
    this.emit('Runtime.bindingCalled', { name, payload: JSON.stringify(message) });
  }
}

async function install(): Promise<{
  page: FakePage;
  bridge: ChannelBridge;
  heard: FromChannelPage[];
  lines: string[];
}> {
  const page = new FakePage();
  const heard: FromChannelPage[] = [];
  const lines: string[] = [];
  const bridge = await ChannelBridge.install(page as unknown as CDPSession, {
    onMessage: (message, answer) => {
      heard.push(message);
      if (message.type === 'hello') answer(BEGIN);
    },
    log: (line) => lines.push(line),
  });
  return { page, bridge, heard, lines };
}

async function isBegun(bridge: ChannelBridge): Promise<boolean> {
  return await Promise.race([bridge.begun().then(() => true), setImmediate(false)]);
}

test('what the page says is heard, what is none of its messages is not', async () => {
  const { page, heard, lines } = await install();
  assert.deepEqual(page.bindings, ['tapeheadChannel']);
  page.says({ type: 'joined', joined: true });
  page.says({ type: 'hello' }, 'another');
  page.says({ type: 'strange', token: 'secret' });
  assert.deepEqual(heard, [{ type: 'joined', joined: true }]);
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines[0] ?? '', /secret/);
});

test('a page has begun once it has said hello and has taken the answer; the next one has to do so again', async (t) => {
  silenceTimers(t);
  const { page, bridge } = await install();
  bridge.expect();
  assert.equal(await isBegun(bridge), false);
  page.says({ type: 'hello' });
  assert.equal(await isBegun(bridge), true);
  assert.deepEqual(page.told, [BEGIN]);
  bridge.expect();
  assert.equal(await isBegun(bridge), false);
  page.says({ type: 'hello' });
  assert.equal(await isBegun(bridge), true);
});

test('a page that fails at what it is told has not begun; of one that is gone nothing is told', async (t) => {
  silenceTimers(t);
  const { page, bridge, lines } = await install();
  bridge.expect();
  page.state = 'throws';
  page.says({ type: 'hello' });
  assert.equal(await isBegun(bridge), false);
  assert.deepEqual(lines, [`the channel's page failed at "begin"`]);
  page.state = 'gone';
  page.says({ type: 'hello' });
  assert.equal(await isBegun(bridge), false);
  assert.equal(lines.length, 1);
});

test('a page that does not say hello in time is given up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { bridge } = await install();
  const late = assert.rejects(bridge.begun(), { code: 'page_timeout' });
  t.mock.timers.tick(10_000);
  await late;
});

/** Whoever still waits at the end of a test waits for ever. */
function silenceTimers(t: TestContext): void {
  t.mock.timers.enable({ apis: ['setTimeout'] });
}
