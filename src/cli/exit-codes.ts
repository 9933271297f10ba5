import type { RecordingEnd } from '../recording/status.ts';

/** Exit codes of `tapehead record`; the README lists them. */
export const EXIT = {
  complete: 0,
  internal: 1,
  usage: 2,
  page: 3,
  partial: 4,
  failed: 5,
  interrupted: 130,
} as const;

export function exitCodeFor({ outcome, reason }: Pick<RecordingEnd, 'outcome' | 'reason'>): number {
  if (outcome === 'complete') return EXIT.complete;
  if (outcome === 'partial') return EXIT.partial;
  if (outcome === 'aborted') return EXIT.interrupted;
  return reason === 'page_unreachable' || reason === 'page_timeout' ? EXIT.page : EXIT.failed;
}
