import { isIP } from 'node:net';
import { z } from 'zod';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const PORT = 'an integer from 0 to 65535';
const RATE = 'an integer from 0 to 100000';
const CORES = 'a number above 0';
const HOST = 'an IP address or a host name';
const FOLDER = 'the path of a folder';
const APP_IDS = 'at least one app id';
const APP_ID = 'an app id: 1 to 128 letters, digits, "-", "_" or "."';
const USER = 'the name of a user of the system';
const ADDRESS = 'an IP address';
const LEVEL = `one of ${LOG_LEVELS.join(', ')}`;
const LIST = 'a list';
const FLAG = 'true or false';
const NETWORK = 'an IP address or a network like 10.0.0.0/8';
const CALLBACKS = 'a JSON object: app id, or "*" for all others, to {"url": "https://...", "secret": "..."}';
const CALLBACK_URL = 'an http or https URL';
const BACKUP = 'a JSON object like storageConfig of the API: vendor, region, bucket, accessKey, secretKey, ...';
const SECONDS = 'a whole number of seconds, 1 or more';
const KEY_FORM = '64 hexadecimal digits';
const COUNT = 'a whole number, 0 or more';
const MEGABYTES = 'a whole number of megabytes, 1 or more';
const SPARES = 'a whole number from 0 to 8';
const PIXELS = 'a whole number of pixels, 1 or more';
const KBPS = 'a whole number of kbit/s, 1 or more';

const APPS = 'an object by app id: certificate, channel, livekitUrl';
const CERTIFICATE = '32 lower-case hexadecimal digits';
const LIVEKIT_URL = 'a ws or wss URL';
const PORTS = 'a range like 40000-40999, within 1024 to 65535';
const ICE = 'a list of servers: urls, username, credential';

const CREDENTIAL_FORM = 'key:secret, neither of them empty';

/** What an app id may look like. */
export const APP_ID_PATTERN = /^[\w.-]{1,128}$/;

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const longest = isIP(address) === 4 ? 32 : 128;
  return (
    isIP(address) !== 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest))
  );
}

const credential = z
  .string(CREDENTIAL_FORM)
  .regex(/^[^:\s]+:.+$/, CREDENTIAL_FORM)
  .transform((pair) => {
    const colon = pair.indexOf(':');
    return { key: pair.slice(0, colon), secret: pair.slice(colon + 1) };
  });

/**
 * Every setting with its range, default and meaning: the one source for validation, for the names of the environment
 * variables and for the table in the documentation. Unknown keys are errors. The message of a check is what was
 * expected.
 */
export const configSchema = z.strictObject({
  host: z
    .string(HOST)
    .regex(/^[\w.:[\]-]+$/, HOST)
    .transform((host) => host.replace(/^\[(.*)\]$/, '$1'))
    .default('127.0.0.1')
    .describe('Address to listen on. Anything but loopback needs credentials.'),
  port: z.int(PORT).min(0, PORT).max(65535, PORT).default(8080).describe('TCP port; 0 takes any free one.'),
  data: z
    .string(FOLDER)
    .min(1, FOLDER)
    .default('./data')
    .describe('Folder of recordings and records; a relative path starts at the working folder.'),
  credentials: z
    .array(credential, LIST)
    .default([])
    .describe(
      'Pairs of key and secret, `key:secret,...`: who may call, by HTTP Basic. Without any, the service listens on loopback only.',
    ),
  appIds: z
    .array(z.string(APP_ID).regex(APP_ID_PATTERN, APP_ID), LIST)
    .min(1, APP_IDS)
    .optional()
    .describe('App ids that are accepted; all when left out.'),
  capacityCores: z
    .number(CORES)
    .positive(CORES)
    .optional()
    .describe('CPU cores that recordings may fill; all of the machine when left out.'),
  capacityMemoryMb: z
    .int(MEGABYTES)
    .min(1, MEGABYTES)
    .optional()
    .describe('Memory that recordings may fill, in MB; what the machine, or the container, has when left out.'),
  warmSpares: z
    .int(SPARES)
    .min(0, SPARES)
    .max(8, SPARES)
    .default(1)
    .describe(
      'Displays with sound daemon and browser kept ready for the next recordings, as far as the machine has room for them; 0 for none.',
    ),
  warmMaxAgeS: z
    .int(SECONDS)
    .min(1, SECONDS)
    .default(600)
    .describe('Seconds after which one that was kept ready is replaced.'),
  capture: z
    .enum(['damage', 'x11grab'], 'damage or x11grab')
    .default('damage')
    .describe(
      'How pictures are taken: `damage` when something has been drawn, where its helper could be built; `x11grab` all the time.',
    ),
  steadyRate: z
    .boolean(FLAG)
    .default(false)
    .describe('Files get a picture at each interval although nothing has changed; pushes always do.'),
  encoder: z
    .enum(['auto', 'x264', 'vaapi', 'nvenc'], 'auto, x264, vaapi or nvenc')
    .default('auto')
    .describe(
      '`auto` takes a hardware encoder that passes a trial at the start, else x264. The others are tried alone, x264 after them.',
    ),
  vaapiDevice: z
    .string('a path')
    .min(1, 'a path')
    .default('/dev/dri/renderD128')
    .describe('Device of the hardware encoder `vaapi`.'),
  preset: z
    .enum(['auto', 'ultrafast', 'superfast', 'veryfast', 'faster'], 'auto, ultrafast, superfast, veryfast or faster')
    .default('auto')
    .describe("x264's preset; `auto` takes the best one that the machine has room for at the start of a recording."),
  rateLimitPerSecond: z
    .int(RATE)
    .min(0, RATE)
    .max(100_000, RATE)
    .default(10)
    .describe('API calls per second and app id; 0 for no limit.'),
  logLevel: z.enum(LOG_LEVELS, LEVEL).default('info').describe(`Least important level that is logged: ${LEVEL}.`),
  user: z
    .string(USER)
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, USER)
    .default('tapehead')
    .describe(
      'Unprivileged user that browser, display, sound and encoder run as when the service was started as root.',
    ),
  callbackSenderAddresses: z
    .array(
      z.string(ADDRESS).refine((text) => isIP(text) !== 0, ADDRESS),
      LIST,
    )
    .default([])
    .describe('Addresses that `/v1/ncs/ip` names as the senders of callbacks.'),
  callbacks: z
    .record(
      z.string(),
      z.strictObject(
        {
          url: z.string(CALLBACK_URL).regex(/^https?:\/\//, CALLBACK_URL),
          secret: z.string('a secret that is not empty').min(1, 'a secret that is not empty'),
          events: z.array(z.int('a list of event types'), 'a list of event types').optional(),
        },
        CALLBACKS,
      ),
      CALLBACKS,
    )
    .default({})
    .describe(
      'Who is told what happens, as JSON: `{"APPID": {"url": "https://...", "secret": "..."}}`; `"*"` stands for all other app ids; `events` limits it to these event types.',
    ),
  backupStorage: z
    .record(z.string(), z.unknown(), BACKUP)
    .optional()
    .describe(
      "Store that takes what a user's store refuses for too long, as JSON with the members of `storageConfig`.",
    ),
  backupAfterS: z
    .int(SECONDS)
    .min(1, SECONDS)
    .default(300)
    .describe('Seconds for which a file is refused before it goes to the backup store.'),
  allowPrivate: z
    .array(z.string(NETWORK).refine(isNetwork, NETWORK), LIST)
    .default([])
    .describe(
      'Networks that recorded pages, pushes, callbacks and stores may reach although they are not public: `10.0.0.0/8,::1`.',
    ),
  webrtcUdp: z
    .boolean(FLAG)
    .default(false)
    .describe('Recorded pages may send WebRTC over UDP, which passes the check of addresses.'),
  sandbox: z
    .boolean(FLAG)
    .default(true)
    .describe('false runs Chromium without its sandbox, where the kernel allows none.'),
  caFile: z.string('a path').min(1, 'a path').optional().describe('PEM file of certificates to trust in addition.'),
  vaultKey: z
    .string(KEY_FORM)
    .regex(/^[0-9a-fA-F]{64}$/, KEY_FORM)
    .optional()
    .describe('Key that stored secrets are sealed with; `vault.key` in the data folder when left out.'),
  limitWebgl: z.boolean(FLAG).default(false).describe('Give up pages that use WebGL (event 72).'),
  limitVideoPixels: z
    .int(PIXELS)
    .min(1, PIXELS)
    .optional()
    .describe('Give up pages that play a video of more pixels (event 72).'),
  limitBandwidthKbps: z
    .int(KBPS)
    .min(1, KBPS)
    .optional()
    .describe('Give up pages whose traffic is above this over ten seconds (event 72).'),
  apps: z
    .record(
      z.string(),
      z
        .strictObject(
          {
            certificate: z
              .string(CERTIFICATE)
              .regex(/^[0-9a-f]{32}$/, CERTIFICATE)
              .optional(),
            channel: z.enum(['hub', 'livekit', 'agora'], 'hub, livekit or agora').default('hub'),
            livekitUrl: z
              .string(LIVEKIT_URL)
              .regex(/^wss?:\/\//, LIVEKIT_URL)
              .optional(),
          },
          APPS,
        )
        .refine(
          ({ channel, livekitUrl }) => (channel === 'livekit') === (livekitUrl !== undefined),
          'livekitUrl with channel livekit, and only with it',
        ),
      APPS,
    )
    .default({})
    .describe(
      'What is particular to an app id, as JSON: `{"APPID": {"certificate": "...", "channel": "hub", "livekitUrl": "wss://..."}}`. With `certificate` its channels take tokens made with it, without they take none; `channel` says whose channels they are: those of the own hub, of a LiveKit server, or of Agora.',
    ),
  openChannels: z
    .boolean(FLAG)
    .default(false)
    .describe('Channels of app ids without a certificate may be joined from other machines too, by everybody.'),
  publicAddress: z
    .string(ADDRESS)
    .refine((text) => isIP(text) !== 0, ADDRESS)
    .optional()
    .describe(
      'IP address under which publishers and viewers reach the hub, where it is another than that of its network interface.',
    ),
  iceUdpPorts: z
    .string(PORTS)
    .regex(/^\d{1,5}-\d{1,5}$/, PORTS)
    .refine((text) => {
      const [low = 0, high = 0] = text.split('-').map(Number);
      return low >= 1024 && high <= 65535 && high > low;
    }, PORTS)
    .default('40000-40999')
    .describe('UDP ports of the hub, one per session of a publisher or viewer.'),
  iceServers: z
    .array(
      z.strictObject(
        {
          urls: z.string(ICE).regex(/^(stun|turns?):/, ICE),
          username: z.string(ICE).optional(),
          credential: z.string(ICE).optional(),
        },
        ICE,
      ),
      ICE,
    )
    .default([])
    .describe(
      'STUN and TURN servers that publishers and viewers are told of, as JSON: `[{"urls": "turn:...", "username": "...", "credential": "..."}]`.',
    ),
  keepDebugBundles: z
    .int(COUNT)
    .min(0, COUNT)
    .default(20)
    .describe('Debug bundles of recordings that did not end well that are kept; the oldest go first.'),
  keepRecordsDays: z
    .int(COUNT)
    .min(0, COUNT)
    .default(30)
    .describe('Days for which an ended recording is remembered; its files are not touched.'),
});

type Parsed = z.output<typeof configSchema>;

/** All settings, resolved and frozen. `data` is an absolute path. */
export type Config = {
  readonly [K in keyof Parsed]: Parsed[K] extends readonly (infer T)[] ? readonly T[] : Parsed[K];
};
export type ConfigKey = keyof typeof configSchema.shape;
export type Credential = Config['credentials'][number];

export interface ConfigRow {
  readonly name: ConfigKey;
  /** Environment variable. */
  readonly variable: string;
  /** JSON; empty when there is none. */
  readonly default: string;
  readonly meaning: string;
}

interface KeySchema {
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
}

const KEY_SCHEMAS = z.toJSONSchema(configSchema, { io: 'input' }).properties as Record<ConfigKey, KeySchema>;

export const CONFIG_KEYS = Object.keys(configSchema.shape) as ConfigKey[];

/** `capacityCores` -> `TAPEHEAD_CAPACITY_CORES`. */
export function variableOf(key: ConfigKey): string {
  return `TAPEHEAD_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
}

/** The table of settings for the documentation. */
export function configRows(): ConfigRow[] {
  return CONFIG_KEYS.map((name) => ({
    name,
    variable: variableOf(name),
    default: KEY_SCHEMAS[name].default === undefined ? '' : JSON.stringify(KEY_SCHEMAS[name].default),
    meaning: KEY_SCHEMAS[name].description ?? '',
  }));
}

/**
 * The text of a variable or flag as the JSON value of its setting: lists are separated by commas. A text that is no such
 * value stays a text, for the schema to refuse.
 */
export function valueOfText(key: ConfigKey, text: string): unknown {
  switch (KEY_SCHEMAS[key].type) {
    case 'integer':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'array':
      if (text.trimStart().startsWith('[')) return jsonOrText(text);
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : text);
    case 'object':
      return jsonOrText(text);
    default:
      return text;
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Left for the schema to refuse.
    return text;
  }
}
