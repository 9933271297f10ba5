/** Attempts at a time: in all, and to one place, so that a receiver that hangs leaves room for the others. */
export interface TurnLimits {
  readonly most: number;
  readonly mostToOnePlace: number;
}

interface Turn {
  readonly sid: string;
  readonly place: string;
  dueMs: number;
  busy: boolean;
}

/**
 * Whose turn it is: the recordings that have something to tell, each with the time from which on that may be tried, on a
 * clock that only rises. One that is taken is busy until it is put back.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #turns = new Map<string, Turn>();

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** Due at once; one that is there already keeps its time. */
  add(sid: string, place: string, nowMs: number): void {
    if (!this.#turns.has(sid)) this.#turns.set(sid, { sid, place, dueMs: nowMs, busy: false });
  }

  /** Takes as many as the limits allow, those first that have been due longest. */
  take(nowMs: number): string[] {
    const load = new Map<string, number>();
    let total = 0;
    const taken: string[] = [];
    for (const { place, busy } of this.#turns.values()) {
      if (!busy) continue;
      load.set(place, (load.get(place) ?? 0) + 1);
      total += 1;
    }
    const due = [...this.#turns.values()].filter(({ busy, dueMs }) => !busy && dueMs <= nowMs);
    for (const turn of due.sort((a, b) => a.dueMs - b.dueMs)) {
      const toPlace = load.get(turn.place) ?? 0;
      if (total >= this.#limits.most || toPlace >= this.#limits.mostToOnePlace) continue;
      load.set(turn.place, toPlace + 1);
      total += 1;
      turn.busy = true;
      taken.push(turn.sid);
    }
    return taken;
  }

  putBack(sid: string, dueMs: number): void {
    const turn = this.#turns.get(sid);
    if (turn) Object.assign(turn, { dueMs, busy: false });
  }

  /** It has nothing more to tell. */
  remove(sid: string): void {
    this.#turns.delete(sid);
  }

  /** Milliseconds until the next one becomes due that is not yet; null when none does. */
  msToNext(nowMs: number): number | null {
    const later = [...this.#turns.values()].filter(({ busy, dueMs }) => !busy && dueMs > nowMs);
    return later.length === 0 ? null : Math.min(...later.map(({ dueMs }) => dueMs)) - nowMs;
  }
}
