import { z } from 'zod';
import { parseRtmpUrl } from '../recording/rtmp-url.ts';
import { integer, oneOf, text, toggle } from './schema-parts.ts';
import { storageSchema } from './schema-storage.ts';

const WEB_URL = 'an http or https URL';
const RTMP_URL = 'an rtmp or rtmps URL like rtmp://host/app/stream, without user and password';
const MAX_OUTPUTS = 10;
const OUTPUTS = `a list of 1 to ${MAX_OUTPUTS} outputs, each another rtmpUrl`;
const MAX_PIXELS = 1920 * 1080;
const PIXELS = `a size of at most ${MAX_PIXELS} pixels (1920x1080) in all`;
const FILE_TYPES = '["hls"] or ["hls","mp4"]';
const SERVICES = 'a service of mode web: "web_recorder_service" or "rtmp_publish_service"';

function hasScheme(url: string, schemes: readonly string[]): boolean {
  return URL.canParse(url) && schemes.includes(new URL(url).protocol);
}

function isRtmpUrl(text: string): boolean {
  try {
    parseRtmpUrl(text);
    return true;
  } catch {
    // Its message is for the log of a push; here the caller is told the form.
    return false;
  }
}

const errorPolicy = oneOf(['error_abort', 'error_ignore']).optional();

const webParamSchema = z
  .object(
    {
      url: z
        .string(WEB_URL)
        .refine((url) => hasScheme(url, ['http:', 'https:']), WEB_URL)
        .describe('Page to open: http or https.'),
      audioProfile: oneOf([0, 1, 2])
        .default(0)
        .describe('AAC at 48 kHz: 0 mono 48 kbit/s, 1 mono 128 kbit/s, 2 stereo 192 kbit/s.'),
      videoWidth: integer(240, 1920).describe('Pixels; width times height at most 1920x1080.'),
      videoHeight: integer(240, 1920).describe('Pixels.'),
      maxRecordingHour: integer(1, 720).describe('Hours after which the recording ends by itself.'),
      videoBitrate: integer(50, 8000).optional().describe('kbit/s; 2000 from 1280x720 on, otherwise 1500.'),
      videoFps: integer(5, 60).default(15).describe('Frames per second.'),
      mobile: toggle().default(false).describe('Render the page as on a phone.'),
      maxVideoDuration: integer(30, 240).default(120).describe('Minutes after which a new MP4 is begun.'),
      onhold: toggle().default(false).describe('Start paused: the page is open, nothing is recorded.'),
      readyTimeout: integer(0, 60)
        .default(0)
        .describe('Seconds that the page has for calling navigator.notifyReady(); 0 for no such check.'),
    },
    'an object',
  )
  .superRefine(({ videoWidth, videoHeight }, context) => {
    if (videoWidth * videoHeight <= MAX_PIXELS) return;
    context.addIssue({ code: 'custom', path: ['videoWidth'], message: `with videoHeight ${videoHeight} ${PIXELS}` });
  })
  .meta({ id: 'WebRecorderParam' });

export type WebParam = z.output<typeof webParamSchema>;

const outputsSchema = z
  .array(
    z.object({
      rtmpUrl: z.string(RTMP_URL).refine(isRtmpUrl, RTMP_URL),
    }),
    OUTPUTS,
  )
  .min(1, OUTPUTS)
  .max(MAX_OUTPUTS, OUTPUTS)
  .refine((outputs) => new Set(outputs.map(({ rtmpUrl }) => rtmpUrl)).size === outputs.length, OUTPUTS);

const serviceSchema = z.discriminatedUnion(
  'serviceName',
  [
    z.object({
      serviceName: z.literal('web_recorder_service'),
      errorHandlePolicy: errorPolicy,
      serviceParam: webParamSchema,
    }),
    z.object({
      serviceName: z.literal('rtmp_publish_service'),
      errorHandlePolicy: errorPolicy,
      serviceParam: z.object({ outputs: outputsSchema }, 'an object'),
    }),
  ],
  SERVICES,
);

export type WebService = z.output<typeof serviceSchema>;

const extensionSchema = z.object(
  {
    errorHandlePolicy: oneOf(['error_abort']).optional(),
    apiVersion: text().optional(),
    extensionServices: z
      .array(serviceSchema, 'a list of services')
      .refine(
        (services) => new Set(services.map(({ serviceName }) => serviceName)).size === services.length,
        'each service once at most',
      )
      .optional(),
  },
  'an object',
);

const fileConfigSchema = z.object(
  {
    avFileType: z
      .array(oneOf(['hls', 'mp4']), FILE_TYPES)
      .refine((types) => types.includes('hls'), FILE_TYPES)
      .default(['hls'])
      .describe(`${FILE_TYPES}.`),
  },
  'an object',
);

/** `clientRequest` of a start with mode web. */
export const startRequestSchema = z.object(
  {
    token: z.unknown().optional().describe('Not used with mode web.'),
    extensionServiceConfig: extensionSchema.optional(),
    recordingFileConfig: fileConfigSchema.optional(),
    storageConfig: storageSchema.optional(),
  },
  'an object',
);

export type StartRequest = z.output<typeof startRequestSchema>;

/** `clientRequest` of an update with mode web; at least one member. */
export const updateRequestSchema = z.object(
  {
    webRecordingConfig: z
      .object({ onhold: toggle().default(false) }, 'an object')
      .optional()
      .describe('Pauses or resumes.'),
    rtmpPublishConfig: z.object({ outputs: outputsSchema }, 'an object').optional(),
    storageConfig: storageSchema.optional(),
  },
  'an object',
);

export const stopRequestSchema = z.object(
  {
    async_stop: toggle().default(false).describe('Answer at once, not when all files are complete.'),
  },
  'an object',
);
