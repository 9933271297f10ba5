import { RecorderError } from '../errors.ts';
import type { StorageOrder } from '../recording/storage.ts';

/** Addresses that a call names. */
export interface Named {
  readonly url?: string | undefined;
  readonly pushes?: readonly string[] | undefined;
  readonly storage?: StorageOrder | null | undefined;
}

/**
 * Refuses a call that names an address which must not be opened, as far as that can be said before a name is looked up.
 * @param forbids says why not; null when nothing speaks against it so far
 * @throws RecorderError `request_invalid`
 */
export function requireAllowed({ url, pushes, storage }: Named, forbids: (url: string) => string | null): void {
  if (url !== undefined) check('url', url, forbids);
  for (const push of pushes ?? []) check('rtmpUrl', push, forbids);
  const endpoint = storage?.endpoint;
  if (endpoint) check('endpoint', endpoint.includes('://') ? endpoint : `https://${endpoint}`, forbids);
}

function check(field: string, url: string, forbids: (url: string) => string | null): void {
  const reason = forbids(url);
  if (reason !== null) throw new RecorderError('request_invalid', `${field}: ${reason}`);
}
