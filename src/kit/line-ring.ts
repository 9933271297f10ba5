/** Cuts text into lines and keeps the last ones. */
export class LineRing {
  readonly #limit: number;
  readonly #lines: string[] = [];
  #rest = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @returns the lines that became complete. Carriage returns count as line ends, as progress meters use them. */
  feed(text: string): string[] {
    const parts = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = parts.pop() ?? '';
    const lines = parts.filter((line) => line !== '');
    for (const line of lines) this.push(line);
    return lines;
  }

  push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }

  last(count: number): string[] {
    return [...this.#lines, ...(this.#rest ? [this.#rest] : [])].slice(-count);
  }
}
