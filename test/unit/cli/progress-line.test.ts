import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressLine, progressText } from '../../../src/cli/progress-line.ts';
import { type RecordingStatus, statusBefore } from '../../../src/recording/status.ts';

function status(phase: RecordingStatus['phase'], mediaMs = 0, frames = 0, bytes = 0): RecordingStatus {
  return {
    ...statusBefore(false),
    phase,
    progress: { mediaMs, frames, missingFrames: 0, bytes },
  };
}

function terminal(isTTY: boolean) {
  const texts: string[] = [];
  return { isTTY, texts, write: (text: string) => texts.push(text) };
}

test('the line tells what is being done, elapsed time, frames and size', () => {
  assert.equal(progressText(status('starting')), 'opening the page');
  assert.equal(progressText(status('recording', 61_999, 1858, 2_449_999)), 'recording  00:01:01  1858 frames  2.4 MB');
  assert.equal(progressText(status('recording', 36_000_000)), 'recording  10:00:00  0 frames  0.0 MB');
  for (const phase of ['stopping', 'finalizing'] as const)
    assert.equal(progressText(status(phase, 1000, 30)), 'completing the file  00:00:01  30 frames  0.0 MB');
});

test('on a terminal the line is written over the last one, and cleared', () => {
  const screen = terminal(true);
  const line = new ProgressLine(screen);
  line.show(status('starting'));
  line.clear();
  assert.deepEqual(screen.texts, ['\r\x1b[Kopening the page', '\r\x1b[K']);
});

test('into a file or a pipe nothing is written', () => {
  const file = terminal(false);
  const line = new ProgressLine(file);
  line.show(status('recording'));
  line.clear();
  assert.deepEqual(file.texts, []);
});
