import { z } from 'zod';
import { PHASES } from '../recording/status.ts';
import { channelSchema, qualitySchema, uploadSchema } from './schema-answers.ts';

const time = z.number().nullable().describe('Unix time in ms; null until it has happened.');

export const readinessSchema = z
  .object({ ready: z.boolean(), reasons: z.array(z.string()).describe('Why it is not; empty when it is.') })
  .meta({ id: 'Readiness' });

const summary = {
  sid: z.string(),
  mode: z.enum(['web', 'mix']),
  appId: z.string(),
  cname: z.string(),
  uid: z.string(),
  resourceId: z.string(),
  state: z.enum(PHASES),
  onhold: z.boolean(),
  requestedMs: time,
  startedMs: time.describe('Unix time of the first frame in ms.'),
  endedMs: time,
  outcome: z.enum(['complete', 'partial', 'failed', 'aborted']).nullable(),
  stopCode: z.object({ code: z.int(), message: z.string() }).nullable().describe('As event 71 has it; mode web only.'),
  uploads: uploadSchema
    .extend({ status: z.enum(['uploaded', 'backuped', 'unknown']) })
    .nullable()
    .describe('null: the files stay on this machine.'),
  callbacks: z.object({ pending: z.int(), givenUp: z.int() }),
};

const summarySchema = z.object(summary).meta({ id: 'RecordingSummary' });

export const recordingListSchema = z
  .object({ recordings: z.array(summarySchema).describe('The latest first.') })
  .meta({ id: 'RecordingList' });

export const recordingDetailsSchema = z
  .object({
    ...summary,
    callbacks: z.object({
      pending: z.int(),
      givenUp: z.int(),
      oldestMs: time.describe('When the oldest pending one happened.'),
      problem: z.string().nullable().describe('Of the latest attempt that failed.'),
      lost: z
        .array(z.object({ eventType: z.int(), sequence: z.int(), eventMs: z.number(), problem: z.string() }))
        .describe('The latest that were given up.'),
    }),
    reason: z.string().nullable(),
    detail: z.string().nullable().describe('Why it ended, in words.'),
    page: z.object({ url: z.string().describe('Without user, query and fragment.'), mobile: z.boolean() }),
    channel: channelSchema
      .extend({
        transport: z.enum(['hub', 'livekit', 'agora']),
        profile: z.enum(['communication', 'live']),
        encryption: z.string().nullable(),
      })
      .meta({ id: 'RecordedChannel' })
      .nullable()
      .describe('null with mode web.'),
    picture: z
      .object({ width: z.int(), height: z.int(), fps: z.number(), bitrateKbps: z.number() })
      .nullable()
      .describe('null: sound only.'),
    sound: z.object({ channels: z.int(), bitrateKbps: z.number() }).nullable().describe('null: picture only.'),
    slices: z.int().describe('Complete slices.'),
    progress: z.object({
      mediaMs: z.number(),
      frames: z.int(),
      missingFrames: z.int(),
      bytes: z.number(),
    }),
    quality: qualitySchema,
    pushes: z.array(z.object({ url: z.string().describe('Without the stream key.'), state: z.string() })),
    folder: z.string().describe('Where its files are on the machine.'),
    files: z.array(z.object({ name: z.string(), kind: z.string(), sliceStartMs: z.number() })),
    debugBundle: z.string().nullable().describe('Folder with what is known of a recording that went wrong.'),
  })
  .meta({ id: 'RecordingDetails' });

/** As an answer is put together: nothing of it is changed. */
type Given<T> = T extends object ? { readonly [K in keyof T]: Given<T[K]> } : T;

export type Readiness = Given<z.output<typeof readinessSchema>>;
export type RecordingSummary = Given<z.output<typeof summarySchema>>;
export type RecordingList = Given<z.output<typeof recordingListSchema>>;
export type RecordingDetails = Given<z.output<typeof recordingDetailsSchema>>;
