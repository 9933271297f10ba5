import { z } from 'zod';
import { parseRtmpUrl } from '../recording/rtmp-url.ts';
import {
  audioProfileSchema,
  fileConfigSchema,
  integer,
  MAX_PIXELS,
  oneOf,
  PIXELS,
  text,
  toggle,
  webUrl,
} from './schema-parts.ts';
import { storageSchema } from './schema-storage.ts';

const RTMP_URL = 'an rtmp or rtmps URL like rtmp://host/app/stream, without user and password';
const MAX_OUTPUTS = 10;
const OUTPUTS = `a list of 1 to ${MAX_OUTPUTS} outputs, each another rtmpUrl`;
const SERVICES = 'a service of mode web: "web_recorder_service" or "rtmp_publish_service"';

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
      url: webUrl().describe('Page to open: http or https.'),
      audioProfile: audioProfileSchema,
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

/** `clientRequest` of a start with mode web. */
export const webStartSchema = z.object(
  {
    token: z.unknown().optional().describe('Not used with mode web.'),
    extensionServiceConfig: extensionSchema.optional(),
    recordingFileConfig: fileConfigSchema.optional(),
    storageConfig: storageSchema.optional(),
  },
  'an object',
);

export type WebStartRequest = z.output<typeof webStartSchema>;

/** `clientRequest` of an update with mode web; at least one member. */
export const webUpdateSchema = z.object(
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
