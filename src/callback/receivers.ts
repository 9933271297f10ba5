/** Who is told what happens to the recordings of an app id. */
export interface Receiver {
  /** http or https; its path may hold a token. */
  readonly url: string;
  readonly secret: string;
  /** Only these event types; all when left out. */
  readonly events?: readonly number[] | undefined;
}

/** By app id; `*` stands for all others. */
export type Receivers = Readonly<Record<string, Receiver>>;

export function receiverOf(receivers: Receivers, appId: string): Receiver | null {
  const own = Object.hasOwn(receivers, appId) ? receivers[appId] : undefined;
  return own ?? receivers['*'] ?? null;
}

export function wants({ events }: Receiver, eventType: number): boolean {
  return events === undefined || events.includes(eventType);
}

/** Scheme, host and port: for logs, and for telling one receiver from another. */
export function placeOf({ url }: Receiver): string {
  return URL.parse(url)?.origin ?? '(not a URL)';
}
