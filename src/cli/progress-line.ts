import type { RecordingStatus } from '../recording/status.ts';

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** One line that is written over and over, on a terminal only. */
export class ProgressLine {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(status: RecordingStatus): void {
    if (this.#terminal.isTTY) this.#terminal.write(`\r\x1b[K${progressText(status)}`);
  }

  clear(): void {
    if (this.#terminal.isTTY) this.#terminal.write('\r\x1b[K');
  }
}

export function progressText({ phase, progress }: RecordingStatus): string {
  if (phase === 'starting') return 'opening the page';
  const megabytes = (progress.bytes / 1e6).toFixed(1);
  const doing = phase === 'recording' ? 'recording' : 'completing the file';
  return `${doing}  ${clock(progress.mediaMs)}  ${progress.frames} frames  ${megabytes} MB`;
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
