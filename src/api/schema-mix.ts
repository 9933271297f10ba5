import { z } from 'zod';
import { checkLayout, layoutMembers } from './schema-layout.ts';
import { audioProfileSchema, fileConfigSchema, integer, MAX_PIXELS, oneOf, PIXELS, text } from './schema-parts.ts';
import { storageSchema } from './schema-storage.ts';
import { audioListSchema, listMembers, videoListSchema } from './schema-subscription.ts';

const SIDE_MIN = 64;
const SIDE_MAX = 1920;
const MAX_KBPS = 6500;
const DECRYPTION =
  '0 (none), 5 (AES-128-GCM), 6 (AES-256-GCM), 7 (AES-128-GCM2) or 8 (AES-256-GCM2), which are those that can be recorded';
const SALT = 'base64 of 32 bytes';

/** `transcodingConfig`: the picture, and what is where in it. */
export const transcodingSchema = z
  .object(
    {
      width: integer(SIDE_MIN, SIDE_MAX).default(360).describe('Pixels; width times height at most 1920x1080.'),
      height: integer(SIDE_MIN, SIDE_MAX).default(640).describe('Pixels.'),
      fps: z.number('a number').default(15).describe('1, 7, 10, 15, 24, 30 or 60; any other number counts as 15.'),
      bitrate: integer(1, MAX_KBPS).default(500).describe('kbit/s.'),
      ...layoutMembers,
    },
    'an object',
  )
  .superRefine(({ width, height }, context) => {
    if (width * height <= MAX_PIXELS) return;
    context.addIssue({ code: 'custom', path: ['width'], message: `with height ${height} ${PIXELS}` });
  })
  .superRefine(checkLayout)
  .meta({ id: 'TranscodingConfig' });

/** `recordingConfig` of mode mix. */
export const recordingConfigSchema = z
  .object(
    {
      channelType: oneOf([0, 1])
        .default(0)
        .describe('0 communication: idle when nobody is there; 1 live: idle when no host is there.'),
      streamTypes: oneOf([0, 1, 2]).default(2).describe('0 sound only, 1 picture only, 2 both.'),
      audioProfile: audioProfileSchema,
      videoStreamType: oneOf([0, 1])
        .default(0)
        .describe('Of users that send two sizes: 0 the larger one, 1 the smaller one.'),
      maxIdleTime: integer(5, 2_592_000).default(30).describe('Seconds without users after which the recording ends.'),
      decryptionMode: oneOf([0, 5, 6, 7, 8], DECRYPTION).default(0).describe(`${DECRYPTION}.`),
      secret: text().optional().describe('Needed with a decryptionMode other than 0.'),
      salt: text().optional().describe(`${SALT}; needed with decryptionMode 7 and 8.`),
      transcodingConfig: transcodingSchema.optional(),
      ...listMembers,
      subscribeUidGroup: integer(0, 5)
        .optional()
        .describe('Taken without effect: up to 17 users are recorded at a time.'),
      streamMode: z.unknown().optional().describe('Not used with mode mix.'),
      privateParams: z.unknown().optional().describe('Taken without effect.'),
    },
    'an object',
  )
  .superRefine(({ decryptionMode, secret, salt }, context) => {
    const refuse = (member: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [member], message: `${message} with decryptionMode ${decryptionMode}` });
    if (decryptionMode !== 0 && !secret) refuse('secret', 'the secret of the channel');
    if (decryptionMode >= 7 && !isSalt(salt ?? '')) refuse('salt', SALT);
  })
  .meta({ id: 'MixRecordingConfig' });

function isSalt(salt: string): boolean {
  return /^[A-Za-z0-9+/]{43}=?$/.test(salt);
}

/** `clientRequest` of a start with mode mix. */
export const mixStartSchema = z.object(
  {
    token: text().optional().describe("The recorder's token for the channel, where its app has a certificate."),
    recordingConfig: recordingConfigSchema.optional(),
    recordingFileConfig: fileConfigSchema.optional(),
    storageConfig: storageSchema.optional(),
  },
  'an object',
);

/** `clientRequest` of an update with mode mix; at least one member. */
export const mixUpdateSchema = z.object(
  {
    streamSubscribe: z
      .object({ audioUidList: audioListSchema.optional(), videoUidList: videoListSchema.optional() }, 'an object')
      .optional()
      .describe('Who is heard and seen from now on; replaces all lists that there were.'),
    storageConfig: storageSchema.optional(),
  },
  'an object',
);

export type MixStartRequest = z.output<typeof mixStartSchema>;
export type RecordingConfig = z.output<typeof recordingConfigSchema>;
export type TranscodingConfig = z.output<typeof transcodingSchema>;
