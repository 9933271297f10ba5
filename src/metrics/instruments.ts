import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Values at the time of a scrape: one, or one per value of the label. */
export type Reading = number | Readonly<Record<string, number>>;

interface Described {
  /** Without the prefix that all names have. */
  readonly name: string;
  readonly help: string;
}

/** Makes the instruments of one registry, all named alike. */
export class Instruments {
  readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  counter<L extends string = never>(described: Described, labels: readonly L[] = []): Counter<L> {
    return new Counter<L>({ ...this.#named(described), labelNames: labels });
  }

  histogram<L extends string>(described: Described, labels: readonly L[], buckets: number[]): Histogram<L> {
    return new Histogram<L>({ ...this.#named(described), labelNames: labels, buckets });
  }

  /** @param read asked at each scrape. @param label what the names in a reading are */
  gauge(described: Described, read: () => Reading, label?: string): void {
    const gauge: Gauge = new Gauge({
      ...this.#named(described),
      labelNames: label === undefined ? [] : [label],
      collect: () => {
        gauge.reset();
        for (const [labels, value] of readings(read(), label)) gauge.set(labels, value);
      },
    });
  }

  /** A count that somebody else keeps. */
  count(described: Described, read: () => Reading, label?: string): void {
    const counter: Counter = new Counter({
      ...this.#named(described),
      labelNames: label === undefined ? [] : [label],
      collect: () => {
        counter.reset();
        for (const [labels, value] of readings(read(), label)) counter.inc(labels, value);
      },
    });
  }

  #named({ name, help }: Described) {
    return { name: `tapehead_${name}`, help, registers: [this.registry] };
  }
}

function readings(reading: Reading, label: string | undefined): [Record<string, string>, number][] {
  if (typeof reading === 'number') return [[{}, reading]];
  if (label === undefined) throw new TypeError('expected one value, got one per label');
  return Object.entries(reading).map(([name, value]) => [{ [label]: name }, value]);
}
