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

const CREDENTIAL_FORM = 'key:secret, neither of them empty';

/** What an app id may look like. */
export const APP_ID_PATTERN = /^[\w.-]{1,128}$/;

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
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    default:
      return text;
  }
}
