/** One figure of the bench. `goal` and `reached` are null where a figure is only shown. */
export interface Figure {
  readonly part: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string | null;
  readonly reached: boolean | null;
}

/** What a part of the bench hands in: figures for the list at the end, tables for the eye. */
export class Report {
  readonly #figures: Figure[] = [];

  get figures(): readonly Figure[] {
    return this.#figures;
  }

  show(part: string, name: string, value: number, unit = ''): void {
    this.#figures.push({ part, name, value, unit, goal: null, reached: null });
  }

  atMost(part: string, name: string, value: number, limit: number, unit = ''): void {
    this.#figures.push({ part, name, value, unit, goal: `at most ${limit}`, reached: value <= limit });
  }

  atLeast(part: string, name: string, value: number, limit: number, unit = ''): void {
    this.#figures.push({ part, name, value, unit, goal: `at least ${limit}`, reached: value >= limit });
  }

  summary(): string {
    const rows = this.#figures.map(({ part, name, value, unit, goal, reached }) => {
      const verdict = reached === null ? '' : reached ? 'reached' : 'FALLS SHORT';
      return [part, name, `${round(value)} ${unit}`.trim(), goal ?? '', verdict];
    });
    return table(['part', 'figure', 'measured', 'goal', ''], rows);
  }
}

export function round(value: number): string {
  if (Number.isNaN(value)) return '-';
  return Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [head, ...rows].map((row) => row.map((cell) => (typeof cell === 'number' ? round(cell) : cell)));
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const lines = texts.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
}
