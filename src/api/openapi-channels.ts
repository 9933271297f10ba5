import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';

const CHANNEL = '/v1/apps/{appid}/channels/{cname}';

const appid = z.string().describe('App ID.');
const cname = z.string().describe('Name of the channel.');
const query = z.object({ uid: z.string().describe('Own uid: an integer from 1 to 4294967295.') });
const problem = z.object({ code: z.string(), message: z.string() }).meta({ id: 'ChannelProblem' });
const offer = { required: true, content: { 'application/sdp': { schema: z.string() } } };
const userSchema = z
  .object({
    uid: z.string(),
    role: z.enum(['host', 'audience']),
    audio: z.boolean().describe('Sound arrives from this user.'),
    video: z.boolean().describe('Picture arrives from this user.'),
    publication: z.string().nullable().describe('Another one after each publishing anew; null for the audience.'),
  })
  .meta({ id: 'HubUser' });

interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly path?: z.ZodRawShape;
  readonly query?: z.ZodObject;
  readonly more: Pick<ZodOpenApiOperationObject, 'requestBody' | 'responses'>;
  /** Status to what it means, beside 400, 401, 403 and 404. */
  readonly errors?: Readonly<Record<string, string>>;
}

function operation({ id, summary, path = {}, query: asked = query, more, errors = {} }: Operation) {
  const all = {
    '400': 'A name, the uid or the offer is none.',
    '401': 'The app id has a certificate, and the token is missing, wrong or expired.',
    '403': 'The app id has no certificate, and its channels are not open to whoever calls.',
    '404': 'The channels of this app id are not those of this service.',
    ...errors,
  };
  const failures = Object.entries(all).map(([status, meaning]) => [status, json(meaning)]);
  return {
    operationId: id,
    summary,
    tags: ['channels'],
    security: [{ token: [] }, {}],
    requestParams: { path: z.object({ appid, cname, ...path }), query: asked },
    ...more,
    responses: { ...more.responses, ...Object.fromEntries(failures) },
  } satisfies ZodOpenApiOperationObject;
}

function json(description: string) {
  return { description, content: { 'application/json': { schema: problem } } };
}

const SESSION: Operation['more'] = {
  requestBody: offer,
  responses: {
    '201': {
      description: 'The answer, all candidates in it; Link names STUN and TURN servers.',
      headers: z.object({ location: z.string().describe('The session: DELETE it to leave.') }),
      content: { 'application/sdp': { schema: z.string() } },
    },
  },
};
const OFFER_ERRORS = {
  '413': 'The offer is too large.',
  '415': 'The body is not application/sdp.',
  '503': 'No room, or the hub is being started: try again after Retry-After.',
};

/** Channels: publish by WHIP, receive by WHEP, be told who is there (`channel/routes.ts`). */
export const channelPaths: ZodOpenApiPathsObject = {
  [`${CHANNEL}/whip`]: {
    post: operation({
      id: 'publish',
      summary: 'Publish sound and picture into a channel (WHIP)',
      more: SESSION,
      errors: OFFER_ERRORS,
    }),
  },
  [`${CHANNEL}/whep/{publisher}`]: {
    post: operation({
      id: 'view',
      summary: 'Receive one publisher of a channel (WHEP)',
      path: { publisher: z.string().describe('Uid of the publisher.') },
      query: query.extend({
        layer: z.enum(['high', 'low']).optional().describe('low: the smallest size that is sent. Default: high.'),
      }),
      more: SESSION,
      errors: { ...OFFER_ERRORS, '404': 'Nobody publishes under this uid.' },
    }),
  },
  [`${CHANNEL}/users`]: {
    get: operation({
      id: 'users',
      summary: 'Be in a channel, and be told who else is, until the connection ends',
      query: query.extend({ role: z.literal('recorder').optional().describe('Not counted as a user.') }),
      more: {
        responses: {
          '200': {
            description: 'Events "users", at once and at each change, and "end" with why; a comment every 3 s.',
            content: { 'text/event-stream': { schema: z.array(userSchema).describe('Data of an event "users".') } },
          },
        },
      },
      errors: { '503': 'The service is being stopped.' },
    }),
  },
  [`${CHANNEL}/sessions/{id}`]: {
    delete: {
      operationId: 'leave',
      summary: 'End a session; whoever knows its id may',
      tags: ['channels'],
      security: [],
      requestParams: { path: z.object({ appid, cname, id: z.string() }) },
      responses: { '200': { description: 'Done.' }, '404': json('The session is over, or never was.') },
    },
  },
};
