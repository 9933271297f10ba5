import { S3Client } from '@aws-sdk/client-s3';
import type { StorageOrder } from '../recording/storage.ts';
import { ATTEMPTS, type StoreContext, TIME_LIMITS } from './connections.ts';
import type { S3Place } from './vendors.ts';

/** Environment and files of the service's user would set these otherwise, and could send requests elsewhere. */
const UNINFLUENCED = {
  defaultsMode: 'legacy',
  retryMode: 'standard',
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  useArnRegion: false,
  disableMultiregionAccessPoints: true,
  disableS3ExpressSessionAuth: true,
  followRegionRedirects: false,
  authSchemePreference: [],
} as const;

export function openClient(
  { accessKey, secretKey, stsToken }: Pick<StorageOrder, 'accessKey' | 'secretKey' | 'stsToken'>,
  { endpoint, region, pathStyle, genuine }: S3Place,
  { agents, limits = TIME_LIMITS }: StoreContext,
): S3Client {
  const token = stsToken ? { sessionToken: stsToken } : {};
  const checksums = genuine ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
  const client = new S3Client({
    ...UNINFLUENCED,
    authSchemePreference: [...UNINFLUENCED.authSchemePreference],
    endpoint,
    region,
    forcePathStyle: pathStyle,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey, ...token },
    maxAttempts: ATTEMPTS,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    requestHandler: {
      httpAgent: agents.http,
      httpsAgent: agents.https,
      connectionTimeout: limits.connectMs,
      socketTimeout: limits.idleMs,
    },
  });
  if (!genuine) leaveOutOperation(client);
  return client;
}

/** The SDK names the operation in the query (`x-id=PutObject`), which Google's store takes for a part of the signature only. */
function leaveOutOperation(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { query } = args.request as { query?: Record<string, unknown> };
      delete query?.['x-id'];
      return next(args);
    },
    { step: 'build', name: 'leaveOutOperation' },
  );
}
