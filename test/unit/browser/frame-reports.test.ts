import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { type CDPSession, CDPSessionEvent } from 'puppeteer-core';
import { FrameReports } from '../../../src/browser/frame-reports.ts';

/** A DevTools session that takes every command and remembers it. */
class FakeSession extends EventEmitter {
  readonly sent: string[] = [];

  async send(method: string): Promise<object> {
    this.sent.push(method);
    return {};
  }

  tell(executionContextId: number, report: unknown, name = 'tell'): void {
    this.emit('Runtime.bindingCalled', { name, payload: JSON.stringify(report), executionContextId });
  }
}

async function install(): Promise<{ page: FakeSession; reports: FrameReports<unknown> }> {
  const page = new FakeSession();
  const reports = await FrameReports.install<unknown>(page as unknown as CDPSession, 'tell', 'script()');
  return { page, reports };
}

test('the latest report of each document is kept, as long as the document is there', async () => {
  const { page, reports } = await install();
  page.tell(1, 'a');
  page.tell(2, 'b');
  page.tell(1, 'c');
  page.tell(3, 'of another binding', 'ready');
  assert.deepEqual(reports.all, ['c', 'b']);
  page.emit('Runtime.executionContextDestroyed', { executionContextId: 1 });
  assert.deepEqual(reports.all, ['b']);
  page.emit('Runtime.executionContextsCleared');
  assert.deepEqual(reports.all, []);
});

test('a frame with a process of its own gets the script too, before it runs; so do frames in it', async () => {
  const { page, reports } = await install();
  const frame = new FakeSession();
  const inner = new FakeSession();
  page.emit(CDPSessionEvent.SessionAttached, frame);
  frame.emit(CDPSessionEvent.SessionAttached, inner);
  await new Promise((resolve) => setImmediate(resolve));
  for (const { sent } of [page, frame, inner]) {
    assert.ok(sent.includes('Page.addScriptToEvaluateOnNewDocument'));
    assert.equal(sent.at(-1), 'Runtime.runIfWaitingForDebugger');
  }
  page.tell(1, 'page');
  frame.tell(1, 'frame');
  inner.tell(1, 'inner');
  assert.deepEqual(reports.all, ['page', 'frame', 'inner']);
  page.emit(CDPSessionEvent.SessionDetached, frame);
  assert.deepEqual(reports.all, ['page', 'inner']);
});
