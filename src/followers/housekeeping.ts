import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Notices } from '../callback/sender.ts';
import type { Config } from '../config/schema.ts';
import type { Controller } from '../controller/controller.ts';
import { pruneBundles } from '../debug/keep.ts';
import type { Uploader } from '../upload/uploader.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface HousekeepingParts {
  readonly config: Pick<Config, 'data' | 'keepRecordsDays' | 'keepDebugBundles'>;
  readonly controller: Controller;
  readonly uploader: Uploader;
  readonly notices: Notices;
  readonly log: Logger;
}

/** Forgets what is old, now and every hour. @returns the timer, which its caller owns */
export function startHousekeeping(parts: HousekeepingParts): NodeJS.Timeout {
  tidy(parts);
  return setInterval(() => tidy(parts), HOUR_MS);
}

function tidy({ config, controller, uploader, notices, log }: HousekeepingParts): void {
  const ageMs = config.keepRecordsDays * DAY_MS;
  controller.prune(ageMs);
  uploader.prune(ageMs);
  notices.prune(ageMs);
  pruneBundles(join(config.data, 'debug'), config.keepDebugBundles).catch((error: unknown) =>
    log.error({ err: error }, 'old debug bundles cannot be removed'),
  );
}
