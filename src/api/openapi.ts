import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { channelPaths } from './openapi-channels.ts';
import { operatorPaths } from './openapi-operator.ts';
import { acquireRequestSchema } from './schema-acquire.ts';
import {
  acquireAnswerSchema,
  gatewayErrorSchema,
  healthSchema,
  queryAnswerSchema,
  senderAddressesSchema,
  serviceErrorSchema,
  sidAnswerSchema,
  stopAnswerSchema,
} from './schema-answers.ts';
import { layoutUpdateSchema } from './schema-layout.ts';
import { mixStartSchema, mixUpdateSchema } from './schema-mix.ts';
import { bodySchema, stopRequestSchema } from './schema-parts.ts';
import { webStartSchema, webUpdateSchema } from './schema-web.ts';

const ROOT = '/v1/apps/{appid}/cloud_recording';
const OF_RESOURCE = `${ROOT}/resourceid/{resourceid}`;
const OF_RECORDING = `${OF_RESOURCE}/sid/{sid}/mode/{mode}`;

const appid = z.string().describe('App ID.');
const resourceid = z.string().describe('As acquire answered it.');
const sid = z.string().describe('As start answered it: 32 hexadecimal digits.');
const mode = z.enum(['web', 'mix']).describe('web: a web page. mix: the users of a channel, in one picture.');

function content(schema: z.ZodType) {
  return { 'application/json': { schema } };
}

function json(description: string, schema: z.ZodType) {
  return { description, content: content(schema) };
}

const GATEWAY_ERRORS = {
  '401': json('Credentials are missing or wrong.', gatewayErrorSchema),
  '429': json('Too many calls in one second.', gatewayErrorSchema),
};

interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly path: z.ZodObject;
  readonly clientRequest?: z.ZodType;
  readonly answer: z.ZodType;
  /** Status to what it means, beside 200, 400, 401 and 429. */
  readonly errors?: Readonly<Record<string, string>>;
}

function operation({ id, summary, path, clientRequest, answer, errors = {} }: Operation): ZodOpenApiOperationObject {
  const all = { '400': 'The request is refused; code, reason and detail say why.', ...errors };
  const failures = Object.entries(all).map(([status, meaning]) => [status, json(meaning, serviceErrorSchema)]);
  return {
    operationId: id,
    summary,
    tags: ['cloud recording'],
    requestParams: { path },
    ...(clientRequest && { requestBody: { required: true, content: content(bodySchema(clientRequest)) } }),
    responses: { '200': json('Done.', answer), ...Object.fromEntries(failures), ...GATEWAY_ERRORS },
  };
}

function byMode(web: z.ZodType, mix: z.ZodType): z.ZodType {
  return z.union([web, mix]).describe('The first with mode web, the second with mode mix.');
}

const NOT_THERE = { '404': 'The recording is over, or was never started.' };
const NOT_COMPLETED = { '206': 'The recording did not answer in time (code 65).' };
const NO_DATA = { '206': 'Nothing was recorded (code 435), or the files are not complete yet (code 65).' };
const recordingPath = z.object({ appid, resourceid, sid, mode });

const calls: ZodOpenApiPathsObject = {
  [`${ROOT}/acquire`]: {
    post: operation({
      id: 'acquire',
      summary: 'Get a resourceId, good for one start within five minutes',
      path: z.object({ appid }),
      clientRequest: acquireRequestSchema,
      answer: acquireAnswerSchema,
    }),
  },
  [`${OF_RESOURCE}/mode/{mode}/start`]: {
    post: operation({
      id: 'start',
      summary: 'Begin a recording',
      path: z.object({ appid, resourceid, mode }),
      clientRequest: byMode(webStartSchema, mixStartSchema),
      answer: sidAnswerSchema,
      errors: {
        '201': 'This resourceId was started before; its recording goes on (code 7).',
        '500': 'No room for it.',
      },
    }),
  },
  [`${OF_RECORDING}/query`]: {
    get: operation({
      id: 'query',
      summary: 'State and files of a running recording',
      path: recordingPath,
      answer: queryAnswerSchema,
      errors: NOT_THERE,
    }),
  },
  [`${OF_RECORDING}/update`]: {
    post: operation({
      id: 'update',
      summary: 'Pause or resume a recording, push it elsewhere; change whom a composite recording shows',
      path: recordingPath,
      clientRequest: byMode(webUpdateSchema, mixUpdateSchema),
      answer: sidAnswerSchema,
      errors: { ...NOT_COMPLETED, ...NOT_THERE },
    }),
  },
  [`${OF_RECORDING}/updateLayout`]: {
    post: operation({
      id: 'updateLayout',
      summary: 'Replace the layout of a composite recording',
      path: recordingPath.extend({ mode: z.literal('mix') }),
      clientRequest: layoutUpdateSchema,
      answer: sidAnswerSchema,
      errors: { ...NOT_COMPLETED, ...NOT_THERE },
    }),
  },
  [`${OF_RECORDING}/stop`]: {
    post: operation({
      id: 'stop',
      summary: 'End a recording',
      path: recordingPath,
      clientRequest: stopRequestSchema,
      answer: stopAnswerSchema,
      errors: { ...NO_DATA, ...NOT_THERE },
    }),
  },
};

const others: ZodOpenApiPathsObject = {
  '/v1/ncs/ip': {
    get: {
      operationId: 'senderAddresses',
      summary: 'Addresses that callbacks come from',
      tags: ['service'],
      responses: { '200': json('Done.', senderAddressesSchema), '401': GATEWAY_ERRORS['401'] },
    },
  },
  '/healthz': {
    get: {
      operationId: 'health',
      summary: 'Whether the service answers, and how much it has to do',
      tags: ['service'],
      security: [],
      responses: { '200': json('Done.', healthSchema) },
    },
  },
};

/** The OpenAPI 3.1 document of the service, out of the schemas that check the calls. */
export function buildOpenApi(version: string): object {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Tapehead',
      version,
      description:
        'Records web pages, and the users of channels in one picture, to MP4 and HLS, with the calls of Agora Cloud Recording. A region segment (na, eu, ap, cn) may stand before each path of a call. In bodies a member that is null counts as left out, and unknown members are left aside.',
    },
    servers: [{ url: '/' }],
    security: [{ basic: [] }],
    components: {
      securitySchemes: { basic: { type: 'http', scheme: 'basic' }, token: { type: 'http', scheme: 'bearer' } },
    },
    paths: { ...calls, ...channelPaths, ...others, ...operatorPaths },
  });
}
