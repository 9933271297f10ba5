import { StoreError } from './store-error.ts';

export interface Circumstances {
  /** `Store.place`. */
  readonly place: string;
  /** It is the first thing that is asked of this store: what fails has never worked. */
  readonly probing: boolean;
}

/** Answers by code that stay the same until somebody changes bucket, key, region or address. */
const WRONG: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'there is no such bucket': [
      'NoSuchBucket',
      'InvalidBucketName',
      'ContainerNotFound',
      'ContainerDisabled',
      'ResourceNotFound',
      'InvalidResourceName',
      'OutOfRangeInput',
    ],
    'the access key is not known there': ['InvalidAccessKeyId', 'InvalidAccessKey', 'InvalidAuthenticationInfo'],
    'the secret key is wrong': ['SignatureDoesNotMatch', 'AuthenticationFailed'],
    'the session token is wrong or has expired': [
      'ExpiredToken',
      'InvalidToken',
      'TokenRefreshRequired',
      'SecurityTokenExpired',
      'InvalidSecurityToken',
    ],
    'the bucket is not in this region': [
      'AuthorizationHeaderMalformed',
      'PermanentRedirect',
      'IllegalLocationConstraintException',
      'InvalidRegionName',
    ],
    'the account is closed': [
      'AccountProblem',
      'AllAccessDisabled',
      'NotSignedUp',
      'UserDisable',
      'AccountIsDisabled',
      'AccountBeingCreated',
    ],
    'it does not take these tags': [
      'InvalidTag',
      'InvalidTagName',
      'InvalidTagValue',
      'InvalidTags',
      'EmptyTagName',
      'TagsTooLarge',
      'FeatureNotSupportedForAccount',
    ],
    'it does not encrypt like that': [
      'InvalidEncryptionAlgorithmError',
      'KMS.NotFoundException',
      'KMS.DisabledException',
      'KMS.KMSInvalidStateException',
    ],
    'bucket, key or token have characters that cannot be sent': ['ERR_INVALID_CHAR', 'EndpointError'],
    'its address is not public, and no setting allows it': ['address_forbidden'],
  }).flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)),
);

/** A 403 that is no matter of the key. */
const WRONG_TIME = ['RequestTimeTooSkewed', 'RequestExpired'];

/** No connection, for a reason that does not pass by itself when there was never one. */
const NEVER = /^(ENOTFOUND|EPROTO|CERT_|DEPTH_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HPE_)/;

/** What the SDKs of Amazon and Azure throw, as far as it is of use here. */
interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly statusCode?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
}

/**
 * What a failure means. The error of the SDK is not kept as the cause, and its text is not used: both may hold the access key,
 * the signature and the headers of the request.
 */
export function classify(error: unknown, { place, probing }: Circumstances): StoreError {
  const status = statusOf(error);
  const code = codeOf(error);
  const details = { status, code };
  const meaning = WRONG.get(code) ?? (status === 401 ? 'the key is not accepted' : undefined);
  const answered = `${place} answered ${[status, code].filter(Boolean).join(' ')}`;
  if (meaning !== undefined) {
    return new StoreError('configuration', `${status === null ? place : answered}: ${meaning}`, details);
  }
  if (status === null) {
    const failure = probing && NEVER.test(code) ? 'configuration' : 'unreachable';
    return new StoreError(failure, `expected an answer of ${place}: ${code || 'the connection failed'}`, details);
  }
  const never = probing && isRefusalForGood(status) && !WRONG_TIME.includes(code);
  return new StoreError(never ? 'configuration' : 'refused', answered, details);
}

/** The store's own word for what went wrong, else the network's; empty when there is none that can be shown. */
function codeOf(error: unknown): string {
  const { name, code } = (error ?? {}) as SdkError;
  // Amazon's errors have the code as their name; Azure's are all called RestError, Node's Error or TypeError.
  const word = typeof code === 'string' ? code : String(name ?? '');
  return /^[\w.-]{1,60}$/.test(word) && !NO_CODES.includes(word) ? word : '';
}

const NO_CODES = ['Error', 'TypeError', 'SyntaxError', 'AggregateError', 'RestError', 'UnknownError', 'Unknown'];

function statusOf(error: unknown): number | null {
  const { statusCode, $metadata } = (error ?? {}) as SdkError;
  const status = statusCode ?? $metadata?.httpStatusCode;
  return typeof status === 'number' ? status : null;
}

/** Of a store that has never taken anything. A good answer that failed all the same is that of something else than a store. */
function isRefusalForGood(status: number): boolean {
  return status >= 200 && status < 500 && ![307, 408, 409, 429].includes(status);
}
