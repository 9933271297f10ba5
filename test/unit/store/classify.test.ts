import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecorderError } from '../../../src/errors.ts';
import { classify } from '../../../src/store/classify.ts';

const PLACE = 'https://s3.example.org/recordings';
const SECRETS = 'AKIAKEY signature=0123abcd';

/** As Amazon's SDK throws what the store answered. */
const amazon = (httpStatusCode: number, name: string) =>
  Object.assign(new Error(`${SECRETS}`), { name, $fault: 'client', $metadata: { httpStatusCode } });
/** As Azure's does. */
const azure = (statusCode: number, code?: string) =>
  Object.assign(new Error(SECRETS), {
    name: 'RestError',
    statusCode,
    ...(code ? { code } : {}),
    request: { headers: SECRETS },
  });
const node = (code: string) => Object.assign(new Error(SECRETS), { code });
const named = (name: string) => Object.assign(new Error(SECRETS), { name });

/** Error, what it means at any time, what it means when it is the first thing that comes. */
const CASES: readonly (readonly [unknown, string, string])[] = [
  [amazon(404, 'NoSuchBucket'), 'configuration', 'configuration'],
  [amazon(403, 'InvalidAccessKeyId'), 'configuration', 'configuration'],
  [amazon(403, 'SignatureDoesNotMatch'), 'configuration', 'configuration'],
  [amazon(400, 'AuthorizationHeaderMalformed'), 'configuration', 'configuration'],
  [amazon(301, 'PermanentRedirect'), 'configuration', 'configuration'],
  [amazon(400, 'ExpiredToken'), 'configuration', 'configuration'],
  [amazon(400, 'InvalidTag'), 'configuration', 'configuration'],
  [amazon(401, 'Whatever'), 'configuration', 'configuration'],
  [azure(404, 'ContainerNotFound'), 'configuration', 'configuration'],
  [azure(403, 'AuthenticationFailed'), 'configuration', 'configuration'],
  [named('InvalidBucketName'), 'configuration', 'configuration'],
  [node('ERR_INVALID_CHAR'), 'configuration', 'configuration'],
  [new RecorderError('address_forbidden', SECRETS), 'configuration', 'configuration'],
  [amazon(403, 'AccessDenied'), 'refused', 'configuration'],
  [azure(403, 'AuthorizationFailure'), 'refused', 'configuration'],
  [amazon(403, 'UnknownError'), 'refused', 'configuration'],
  [azure(404), 'refused', 'configuration'],
  [amazon(405, 'MethodNotAllowed'), 'refused', 'configuration'],
  [amazon(403, 'RequestTimeTooSkewed'), 'refused', 'refused'],
  [amazon(503, 'SlowDown'), 'refused', 'refused'],
  [amazon(500, 'InternalError'), 'refused', 'refused'],
  [azure(500, 'OperationTimedOut'), 'refused', 'refused'],
  [azure(503, 'ServerBusy'), 'refused', 'refused'],
  [amazon(429, 'TooManyRequests'), 'refused', 'refused'],
  [azure(409, 'ContainerBeingDeleted'), 'refused', 'refused'],
  [amazon(307, 'TemporaryRedirect'), 'refused', 'refused'],
  [node('ECONNREFUSED'), 'unreachable', 'unreachable'],
  [node('ECONNRESET'), 'unreachable', 'unreachable'],
  [node('EAI_AGAIN'), 'unreachable', 'unreachable'],
  [node('ETIMEDOUT'), 'unreachable', 'unreachable'],
  [named('TimeoutError'), 'unreachable', 'unreachable'],
  [new AggregateError([], SECRETS), 'unreachable', 'unreachable'],
  [SECRETS, 'unreachable', 'unreachable'],
  [undefined, 'unreachable', 'unreachable'],
  [node('ENOTFOUND'), 'unreachable', 'configuration'],
  [node('DEPTH_ZERO_SELF_SIGNED_CERT'), 'unreachable', 'configuration'],
  [node('ERR_TLS_CERT_ALTNAME_INVALID'), 'unreachable', 'configuration'],
  [node('EPROTO'), 'unreachable', 'configuration'],
];

describe('what a failure means', () => {
  for (const [error, later, first] of CASES) {
    const what = classify(error, { place: PLACE, probing: false }).message.replace(PLACE, '');
    it(`${what}: ${later}, at first ${first}`, () => {
      for (const [probing, failure] of [
        [false, later],
        [true, first],
      ] as const) {
        const found = classify(error, { place: PLACE, probing });
        assert.equal(found.failure, failure);
        assert.doesNotMatch(JSON.stringify([found.message, found.stack, found.cause]), /AKIA|0123/);
      }
    });
  }

  it('keeps status and code', () => {
    const { status, code, message } = classify(amazon(503, 'SlowDown'), { place: PLACE, probing: false });
    assert.deepEqual([status, code, message], [503, 'SlowDown', `${PLACE} answered 503 SlowDown`]);
    assert.equal(classify(node('EPIPE'), { place: PLACE, probing: false }).status, null);
  });

  it('shows no word that is not a code', () => {
    const { code, message } = classify(amazon(400, SECRETS), { place: PLACE, probing: false });
    assert.deepEqual([code, message], ['', `${PLACE} answered 400`]);
  });
});
