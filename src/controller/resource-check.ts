import { RecorderError } from '../errors.ts';
import type { UtcMs } from '../types.ts';
import type { RecordingRef, Task } from './orders.ts';
import type { OpenedResource, ResourceIds } from './resource-id.ts';

const START_WITHIN_S = 300;

/**
 * Opens the resourceId of a call and sees whose it is.
 * @param task whose it has to be; null when the call tells no cname and uid
 * @throws RecorderError `resource_unreadable`, `resource_foreign`, `resource_mismatch`
 */
export function openResource(
  resourceIds: ResourceIds,
  { appId, resourceId }: Pick<RecordingRef, 'appId' | 'resourceId'>,
  task: Task | null,
): OpenedResource {
  const resource = resourceIds.open(resourceId);
  if (!resource.isOfApp(appId)) {
    throw new RecorderError('resource_foreign', `the resourceId was acquired for another app id than ${appId}`);
  }
  if (task === null || resource.isOfTask(task)) return resource;
  throw new RecorderError('resource_mismatch', 'cname and uid must be those of the acquire that gave the resourceId');
}

/** @throws RecorderError `resource_expired` for a start that comes too late */
export function requireFresh({ acquiredMs }: OpenedResource, now: UtcMs): void {
  const ageS = (now - acquiredMs) / 1000;
  if (ageS <= START_WITHIN_S) return;
  throw new RecorderError(
    'resource_expired',
    `start must come within ${START_WITHIN_S} s of acquire, this one came after ${Math.ceil(ageS)} s`,
  );
}
