import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { gatewayErrorSchema, serviceErrorSchema } from './schema-answers.ts';
import { readinessSchema, recordingDetailsSchema, recordingListSchema } from './schema-operator.ts';

const UNAUTHORIZED = { '401': json('Credentials are missing or wrong.', gatewayErrorSchema) };
const limit = z.int().min(1).max(1000).default(100).describe('How many are told.');
const sid = z.string().describe('As start answered it: 32 hexadecimal digits.');

function json(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema } } };
}

const list: ZodOpenApiOperationObject = {
  operationId: 'listRecordings',
  summary: 'The latest recordings: running ones, ended ones',
  tags: ['operator'],
  requestParams: { query: z.object({ limit: limit.optional() }) },
  responses: {
    '200': json('Done.', recordingListSchema),
    '400': json('The limit is none.', serviceErrorSchema),
    ...UNAUTHORIZED,
  },
};

const show: ZodOpenApiOperationObject = {
  operationId: 'showRecording',
  summary: 'All that is known of a recording: state, quality, uploads, callbacks, files',
  tags: ['operator'],
  requestParams: { path: z.object({ sid }) },
  responses: {
    '200': json('Done.', recordingDetailsSchema),
    '404': json('No such recording is known.', serviceErrorSchema),
    ...UNAUTHORIZED,
  },
};

const readiness: ZodOpenApiOperationObject = {
  operationId: 'ready',
  summary: 'Whether one more recording would be taken',
  tags: ['service'],
  security: [],
  responses: { '200': json('It would.', readinessSchema), '503': json('It would not.', readinessSchema) },
};

const figures: ZodOpenApiOperationObject = {
  operationId: 'metrics',
  summary: 'All figures of the service, as Prometheus reads them',
  tags: ['service'],
  responses: {
    '200': { description: 'Done.', content: { 'text/plain': { schema: z.string() } } },
    ...UNAUTHORIZED,
  },
};

/** What operators ask for, beside the calls of the API. */
export const operatorPaths: ZodOpenApiPathsObject = {
  '/v1/recordings': { get: list },
  '/v1/recordings/{sid}': { get: show },
  '/readyz': { get: readiness },
  '/metrics': { get: figures },
};
