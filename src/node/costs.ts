import type { Cost, Demand } from '../recording/demand.ts';
import type { CostStore, Experience } from './cost-store.ts';

/** Cores that a recording takes however small its picture is: page, sound, containers. */
const BASE_CORES = 0.2;
/** Cores of a recording without a picture: no display, nothing drawn, nothing encoded but sound. */
const SOUND_CORES = 0.1;
/** Cores per pixel and second, so that 1280x720 at 30 frames per second comes to 0.75 cores in all. */
const CORES_PER_PIXEL_RATE = 0.55 / (1280 * 720 * 30);
/** Chromium, session and sound daemon without anything drawn. */
const BASE_MB = 350;
const SOUND_MB = 300;
/** Buffers of display, page and encoder, so that 1280x720 comes to 600 MB in all. */
const MB_PER_PIXEL = 250 / (1280 * 720);

/** Readings that are kept of a kind of recording, an hour of one: enough for what is rare in it, and soon forgotten when it changes. */
const READINGS = 120;
/** Kinds of recordings that are kept: those of the pages that are recorded again and again, some 1 MB. */
const KINDS = 500;
/** So many readings count as much as the expectation that they correct: two minutes, after which a page has shown what it does. */
const HALF_TRUSTED = 4;
/** One reading in ten may lie above: an expectation that the peaks decide would leave the machine idle. */
const HIGH = 0.9;
/**
 * What is expected beyond what was used: the next recording of the same page is never quite like the last, and the service, the
 * uploads and the system need something too.
 */
const MARGIN = 1.15;

/** What recordings of each kind have really taken, and what the next one is therefore expected to take. */
export class LearnedCosts {
  readonly #store: CostStore;
  /** By `nameOf`; the one that was learned from last comes last. */
  readonly #experiences = new Map<string, Experience>();

  constructor(store: CostStore) {
    this.#store = store;
    for (const experience of store.all()) this.#experiences.set(nameOf(experience), experience);
  }

  /**
   * From the vague to the specific, each correcting the one before as far as there is much of it: the usual cost, all pages of
   * the same size and rate, the same page at another size, the same page at the same.
   */
  expect(demand: Demand): Cost {
    const usual = usualCost(demand);
    const known = this.#corrected(usual, everyPage(demand));
    if (demand.page === null) return known;
    const other = this.#atOtherSize(demand);
    return this.#corrected(other === null ? known : corrected(known, other), demand);
  }

  /** @param cost as read over half a minute */
  learn(demand: Demand, cost: Cost): void {
    for (const kind of [demand, everyPage(demand)]) this.#add(kind, cost);
  }

  #corrected(cost: Cost, demand: Demand): Cost {
    const experience = this.#experiences.get(nameOf(demand));
    return experience ? corrected(cost, experience.readings) : cost;
  }

  /** Readings of the same page at the size and rate nearest in cost, put up or down by what that is usually worth. */
  #atOtherSize(demand: Demand): Cost[] | null {
    const usual = usualCost(demand);
    const distance = (one: Demand): number => Math.abs(Math.log(usualCost(one).cores / usual.cores));
    const [nearest] = [...this.#experiences.values()]
      // A picture is not worth a multiple of sound alone.
      .filter((one) => (one.picture === null) === (demand.picture === null))
      .filter((one) => one.page === demand.page && nameOf(one) !== nameOf(demand))
      .sort((a, b) => distance(a) - distance(b));
    if (nearest === undefined) return null;
    const there = usualCost(nearest);
    const [byCores, byMemory] = [usual.cores / there.cores, usual.memoryMB / there.memoryMB];
    return nearest.readings.map(({ cores, memoryMB }) => ({ cores: cores * byCores, memoryMB: memoryMB * byMemory }));
  }

  #add({ picture, page }: Demand, cost: Cost): void {
    const name = nameOf({ picture, page });
    const readings = [...(this.#experiences.get(name)?.readings ?? []), cost].slice(-READINGS);
    const experience = { picture, page, readings };
    this.#experiences.delete(name);
    this.#experiences.set(name, experience);
    this.#store.save(experience);
    const [oldest] = this.#experiences.values();
    if (this.#experiences.size <= KINDS || oldest === undefined) return;
    this.#experiences.delete(nameOf(oldest));
    this.#store.remove(oldest);
  }
}

/** Expected cost of a recording of which nothing is known but its picture. */
export function usualCost({ picture }: Pick<Demand, 'picture'>): Cost {
  if (picture === null) return { cores: SOUND_CORES, memoryMB: SOUND_MB };
  const pixels = picture.width * picture.height;
  return {
    cores: BASE_CORES + CORES_PER_PIXEL_RATE * pixels * picture.fps,
    memoryMB: BASE_MB + MB_PER_PIXEL * pixels,
  };
}

/** An expectation, after readings. @param halfTrusted so many of them count as much as the expectation */
export function corrected(expected: Cost, readings: readonly Cost[], halfTrusted = HALF_TRUSTED): Cost {
  const between = (of: (cost: Cost) => number): number => {
    const values = readings.map(of);
    if (values.length === 0) return of(expected);
    const trust = values.length / (values.length + halfTrusted);
    return trust * high(values) * MARGIN + (1 - trust) * of(expected);
  };
  return { cores: between(({ cores }) => cores), memoryMB: between(({ memoryMB }) => memoryMB) };
}

/** The value that one in ten lies above; the highest of less than ten. */
function high(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(HIGH * values.length) - 1] ?? 0;
}

function everyPage({ picture }: Demand): Demand {
  return { picture, page: null };
}

function nameOf({ picture, page }: Demand): string {
  return JSON.stringify([page, picture?.width, picture?.height, picture?.fps]);
}
