import type { StorageOrder } from '../recording/storage.ts';
import { AzureStore } from './azure.ts';
import type { StoreContext } from './connections.ts';
import { S3Store } from './s3.ts';
import type { Store } from './store.ts';
import { AZURE } from './vendors.ts';

/**
 * Connects to nothing yet. @throws StoreError `configuration` when the order names no place that there can be
 */
export function openStore(order: StorageOrder, context: StoreContext): Store {
  return order.vendor === AZURE ? new AzureStore(order, context) : new S3Store(order, context);
}
