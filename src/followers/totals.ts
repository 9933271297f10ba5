import type { Notices } from '../callback/sender.ts';
import type { Capacity } from '../controller/capacity.ts';
import type { Totals } from '../metrics/totals.ts';
import type { Uploader } from '../upload/uploader.ts';

export interface TotalsSources {
  readonly capacity: Capacity;
  readonly uploader: Uploader;
  readonly notices: Notices;
}

/** What the figures of the service ask for at each scrape. */
export function totalsOf({ capacity, uploader, notices }: TotalsSources): Totals {
  const { backlog, tally } = uploader;
  const { totalCores, usedCores, totalMemoryMB, usedMemoryMB } = capacity;
  return {
    capacity: { totalCores, usedCores, totalMemoryMB, usedMemoryMB },
    uploads: { ...backlog, ...tally },
    callbacks: { ...notices.view(), attempts: notices.attempts },
  };
}
