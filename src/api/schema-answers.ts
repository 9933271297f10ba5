import { z } from 'zod';

/** In every answer the strings come first: some clients read answers into a map of strings and stop at the first other. */
const ids = {
  cname: z.string(),
  uid: z.string(),
  resourceId: z.string(),
};

export const acquireAnswerSchema = z.object(ids).meta({ id: 'AcquireAnswer' });
export const sidAnswerSchema = z.object({ ...ids, sid: z.string() }).meta({ id: 'SidAnswer' });

const listedFileSchema = z
  .object({
    filename: z.string(),
    fileName: z.string().describe('The same as filename.'),
    sliceStartTime: z.int().describe('Unix time of the first frame in ms; 0 until it is known.'),
  })
  .meta({ id: 'ListedFile' });

const interval = z.object({ fromMs: z.number(), toMs: z.number().nullable() });
const intervals = z.array(interval).describe('Milliseconds of media time; the latest hundred.');

export const qualitySchema = z
  .object({
    fps: z.number(),
    repeatedFrames: z.int(),
    silent: intervals,
    black: intervals,
    frozen: intervals,
    soundOffsetMs: z.number().nullable().describe('How much later the sound is than its picture, an estimate.'),
    reloads: z.int(),
    browsersReplaced: z.int(),
    encodersReplaced: z.int(),
    cores: z.number().describe('CPU seconds per second of all processes of the recording.'),
    memoryMB: z.number().describe('Memory of all processes of the recording, shared pages counted in parts.'),
    capture: z.enum(['damage', 'x11grab']).nullable().describe('How pictures are taken; null for sound only.'),
    encoder: z
      .string()
      .nullable()
      .describe('What encodes the pictures: `x264 superfast`, `vaapi`; null for sound only.'),
    economies: z
      .array(z.object({ step: z.enum(['quicker_encoder', 'half_rate']), atMs: z.number() }))
      .describe('What was done to make the recording cheaper on a machine under pressure.'),
  })
  .meta({ id: 'Quality', description: 'How good the recording is; not in the API of Agora.' });

const stateSchema = z.enum(['init', 'inProgress', 'exit']);
const pushStateSchema = z.enum(['connecting', 'publishing', 'onhold', 'disconnected']);

const webStateSchema = z
  .object({
    serviceName: z.literal('web_recorder_service'),
    payload: z.object({
      state: stateSchema,
      onhold: z.boolean(),
      fileList: z.array(listedFileSchema),
      quality: qualitySchema,
    }),
  })
  .meta({ id: 'WebRecorderState' });

const pushServiceSchema = z
  .object({
    serviceName: z.literal('rtmp_publish_service'),
    payload: z.object({
      state: stateSchema,
      status: pushStateSchema.optional().describe('Of the first output; at a stop only.'),
      outputs: z.array(z.object({ rtmpUrl: z.string(), status: pushStateSchema })),
    }),
  })
  .meta({ id: 'RtmpPublishState' });

export const uploadSchema = z.object({
  storedFiles: z.int(),
  pendingFiles: z.int(),
  backupFiles: z.int().describe('In the backup store, waiting to be handed over.'),
  storedBytes: z.int(),
  pendingBytes: z.int(),
  lagMs: z.number().describe('Age of the oldest file that is not stored.'),
  problem: z.string().nullable(),
});

const uploadPayloadSchema = uploadSchema
  .partial()
  .extend({ uploadingStatus: z.enum(['uploaded', 'backuped', 'unknown']) });

const uploadStateSchema = z
  .object({ serviceName: z.literal('upload_service'), payload: uploadPayloadSchema })
  .meta({ id: 'UploadState' });

const statusSchema = z
  .int()
  .describe('2 starting, 3 partly ready, 4 recording, 5 recording and the first slice is complete.');

const webQuerySchema = z
  .object({
    status: statusSchema,
    extensionServiceState: z
      .array(z.union([webStateSchema, pushServiceSchema, uploadStateSchema]))
      .describe('The web recorder first; the others where they were asked for.'),
  })
  .meta({ id: 'WebQuery' });

const webStopSchema = z
  .object({
    extensionServiceState: z
      .array(z.union([uploadStateSchema, webStateSchema, pushServiceSchema]))
      .describe('Uploader, web recorder, pushes where there were any.'),
  })
  .meta({ id: 'WebStop' });

const mixFileSchema = z
  .object({
    fileName: z.string(),
    trackType: z.enum(['audio', 'video', 'audio_and_video']),
    uid: z.literal('0'),
    mixedAllUser: z.literal(true),
    isPlayable: z.boolean().describe('false: an MP4 that is not complete yet.'),
    sliceStartTime: z.int().describe('Unix time of the first frame in ms.'),
  })
  .meta({ id: 'MixFile' });

/** In the API's two forms, by the files that were asked for. */
const mixFilesMembers = {
  fileListMode: z.enum(['string', 'json']).describe('string with avFileType ["hls"], json with ["hls","mp4"].'),
  fileList: z
    .union([z.string(), z.array(mixFileSchema)])
    .describe('string: name of the playlist, from the start on; json: the files that have begun.'),
};

export const channelSchema = z
  .object({
    joined: z.boolean().describe('The recorder is in the channel.'),
    users: z.array(
      z.object({ uid: z.string(), role: z.enum(['host', 'audience']), audio: z.boolean(), video: z.boolean() }),
    ),
  })
  .meta({
    id: 'Channel',
    description: 'Who is in the channel, in the order in which they came; not in the API of Agora.',
  });

const mixExtraMembers = { quality: qualitySchema, channel: channelSchema, upload: uploadPayloadSchema.optional() };

const mixQuerySchema = z
  .object({
    ...mixFilesMembers,
    status: statusSchema,
    sliceStartTime: z.int().describe('Unix time of the first frame in ms; 0 until it is known.'),
    subServiceStatus: z.object({ recordingService: z.string() }),
    ...mixExtraMembers,
  })
  .meta({ id: 'MixQuery' });

const mixStopSchema = z
  .object({
    ...mixFilesMembers,
    uploadingStatus: z.enum(['uploaded', 'backuped', 'unknown']),
    ...mixExtraMembers,
  })
  .meta({ id: 'MixStop' });

export const queryAnswerSchema = z
  .object({ ...ids, sid: z.string(), serverResponse: z.union([webQuerySchema, mixQuerySchema]) })
  .meta({ id: 'QueryAnswer' });

export const stopAnswerSchema = z
  .object({ ...ids, sid: z.string(), serverResponse: z.union([webStopSchema, mixStopSchema]) })
  .meta({ id: 'StopAnswer' });

export const serviceErrorSchema = z
  .object({
    cname: z.string().optional(),
    uid: z.string().optional(),
    resourceId: z.string().optional(),
    sid: z.string().optional(),
    code: z.int(),
    reason: z.string(),
    detail: z.string().optional().describe('What was expected, what came, what to do.'),
  })
  .meta({ id: 'ServiceError' });

export const gatewayErrorSchema = z.object({ message: z.string() }).meta({ id: 'GatewayError' });

export const healthSchema = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    uptimeSeconds: z.number(),
    recordings: z.object({ running: z.int() }),
    capacity: z.object({
      usedCores: z.number().describe('What the running recordings are charged with; likewise usedMemoryMB.'),
      totalCores: z.number(),
      usedMemoryMB: z.int(),
      totalMemoryMB: z.int(),
    }),
  })
  .meta({ id: 'Health' });

export const senderAddressesSchema = z
  .object({
    data: z.object({ service: z.object({ hosts: z.array(z.object({ primaryIP: z.string() })) }) }),
  })
  .meta({ id: 'SenderAddresses' });

export type ListedFile = z.output<typeof listedFileSchema>;
export type WebState = z.output<typeof webStateSchema>;
export type PushService = z.output<typeof pushServiceSchema>;
export type UploadState = z.output<typeof uploadStateSchema>;
export type UploadPayload = z.output<typeof uploadPayloadSchema>;
export type Quality = z.output<typeof qualitySchema>;
export type WebQuery = z.output<typeof webQuerySchema>;
export type WebStop = z.output<typeof webStopSchema>;
export type MixFile = z.output<typeof mixFileSchema>;
export type MixQuery = z.output<typeof mixQuerySchema>;
export type MixFiles = Pick<MixQuery, 'fileListMode' | 'fileList'>;
export type MixStop = z.output<typeof mixStopSchema>;
export type QueryAnswer = z.output<typeof queryAnswerSchema>;
export type StopAnswer = z.output<typeof stopAnswerSchema>;
export type SidAnswer = z.output<typeof sidAnswerSchema>;
export type AcquireAnswer = z.output<typeof acquireAnswerSchema>;
export type ServiceError = z.output<typeof serviceErrorSchema>;
export type Health = z.output<typeof healthSchema>;
export type SenderAddresses = z.output<typeof senderAddressesSchema>;
