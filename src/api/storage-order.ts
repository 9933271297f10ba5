import type { StorageOrder } from '../recording/storage.ts';
import type { StorageConfig } from './schema-storage.ts';

/** `storageConfig` with all defaults resolved; its prefix is not part of the place. */
export function storageOrderOf({ extensionParams, ...config }: StorageConfig): StorageOrder {
  const { vendor, region, bucket, accessKey, secretKey, stsToken } = config;
  return {
    ...{ vendor, region, bucket, accessKey, secretKey },
    stsToken: stsToken || null,
    endpoint: extensionParams?.endpoint ?? null,
    sse: extensionParams?.sse ?? null,
    tag: extensionParams?.tag || null,
  };
}
