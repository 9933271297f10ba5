import { RecorderError } from '../errors.ts';
import type { LayoutPlan } from '../recording/channel.ts';
import type { StorageOrder } from '../recording/storage.ts';

/** Addresses that a call names. */
export interface Named {
  readonly url?: string | undefined;
  readonly pushes?: readonly string[] | undefined;
  readonly storage?: StorageOrder | null | undefined;
  readonly layout?: LayoutPlan | undefined;
}

/**
 * Refuses a call that names an address which must not be opened, as far as that can be said before a name is looked up.
 * @param forbids says why not; null when nothing speaks against it so far
 * @throws RecorderError `request_invalid`
 */
export function requireAllowed({ url, pushes, storage, layout }: Named, forbids: (url: string) => string | null): void {
  if (url !== undefined) check('url', url, forbids);
  for (const push of pushes ?? []) check('rtmpUrl', push, forbids);
  if (layout !== undefined) checkImages(layout, forbids);
  const endpoint = storage?.endpoint;
  if (endpoint) check('endpoint', endpoint.includes('://') ? endpoint : `https://${endpoint}`, forbids);
}

function checkImages(layout: LayoutPlan, forbids: (url: string) => string | null): void {
  const { backgroundImage, defaultUserImage, userImages } = layout;
  if (backgroundImage !== null) check('backgroundImage', backgroundImage, forbids);
  if (defaultUserImage !== null) check('defaultUserBackgroundImage', defaultUserImage, forbids);
  for (const { url } of userImages) check('image_url', url, forbids);
}

function check(field: string, url: string, forbids: (url: string) => string | null): void {
  const reason = forbids(url);
  if (reason !== null) throw new RecorderError('request_invalid', `${field}: ${reason}`);
}
