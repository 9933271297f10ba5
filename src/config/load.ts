import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { messageOf, RecorderError } from '../errors.ts';
import { CONFIG_KEYS, type Config, type ConfigKey, configSchema, valueOfText, variableOf } from './schema.ts';

const PREFIX = 'TAPEHEAD_';
const FILE_VARIABLE = 'TAPEHEAD_CONFIG';
/** Read by the launcher: how to set up what is missing. */
const LAUNCHER_VARIABLE = 'TAPEHEAD_SETUP';
/** Settings whose values are never shown. */
const SECRETS = ['credentials', 'callbacks', 'backupStorage', 'vaultKey', 'apps', 'iceServers'];
const SHOWN_CHARACTERS = 80;

/** Texts of the command line's flags; they win over all else. */
interface ConfigFlags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly data?: string | undefined;
}

export interface ConfigSources {
  readonly flags?: ConfigFlags;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start at. */
  readonly workingFolder?: string;
}

/** A value on its way into the schema, and where it came from, for messages. */
interface Given {
  readonly value: unknown;
  readonly origin: string;
}

/**
 * Reads the configuration: file, then environment, then flags, the later one wins.
 * @throws RecorderError `config_invalid` that tells all problems, a line each, and never shows a credential.
 */
export function loadConfig(sources: ConfigSources = {}): Config {
  const environment = sources.environment ?? process.env;
  const flags = sources.flags ?? {};
  const file = readFile(flags.config ?? (environment[FILE_VARIABLE] || undefined));
  const given = new Map([...file.given, ...givenByEnvironment(environment), ...givenByFlags(flags)]);
  const parsed = configSchema.safeParse(Object.fromEntries([...given].map(([key, { value }]) => [key, value])));
  const problems = [
    ...file.problems,
    ...unknownVariables(environment),
    ...(parsed.error?.issues ?? []).flatMap((issue) => describeIssue(issue, given)),
    ...exposureProblem(given),
  ];
  if (!parsed.success || problems.length > 0) throw invalid(problems);
  const absolute = (path: string) => resolve(sources.workingFolder ?? process.cwd(), path);
  const { data, caFile } = parsed.data;
  return deepFreeze({ ...parsed.data, data: absolute(data), ...(caFile && { caFile: absolute(caFile) }) });
}

function invalid(problems: readonly string[]): RecorderError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new RecorderError(
    'config_invalid',
    `${count} in the configuration:\n${problems.map((p) => `  ${p}`).join('\n')}`,
  );
}

interface FileContent {
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly string[];
}

function readFile(path: string | undefined): FileContent {
  if (path === undefined) return { given: new Map(), problems: [] };
  const failed = (problem: string): FileContent => ({
    given: new Map(),
    problems: [`config file ${path}: ${problem}`],
  });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return failed(`cannot be read (${messageOf(error)})`);
  }
  const content = parseJson(text);
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return failed('expected a JSON object');
  const entries = Object.entries(content);
  return {
    given: new Map(entries.map(([key, value]) => [key, { value, origin: `"${key}" in config file ${path}` }])),
    problems: [],
  };
}

/** Undefined when it is not JSON: the parser's own message may quote a secret out of the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function givenByEnvironment(environment: Readonly<Record<string, string | undefined>>): [ConfigKey, Given][] {
  return CONFIG_KEYS.flatMap((key) => {
    const origin = variableOf(key);
    const text = environment[origin];
    return text ? [[key, { value: valueOfText(key, text), origin }]] : [];
  });
}

function givenByFlags(flags: ConfigFlags): [ConfigKey, Given][] {
  return (['host', 'port', 'data'] as const).flatMap((key) => {
    const text = flags[key];
    return text === undefined ? [] : [[key, { value: valueOfText(key, text), origin: `--${key}` }]];
  });
}

function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...CONFIG_KEYS.map(variableOf), FILE_VARIABLE, LAUNCHER_VARIABLE];
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name))
    .map((name) => `${name}: there is no such variable; known are ${known.join(', ')}`);
}

function describeIssue(issue: z.core.$ZodIssue, given: ReadonlyMap<string, Given>): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${given.get(key)?.origin ?? key}: there is no such setting; known are ${CONFIG_KEYS.join(', ')}`,
    );
  }
  const [key = '', ...inside] = issue.path;
  const { value, origin } = given.get(String(key)) ?? { value: undefined, origin: String(key) };
  const place = [origin, ...inside.map((member) => (typeof member === 'number' ? `item ${member + 1}` : member))].join(
    ', ',
  );
  return [`${place}: expected ${issue.message}, got ${shown(key, inside.reduce(memberOf, value))}`];
}

function memberOf(value: unknown, key: PropertyKey): unknown {
  return (value as Record<PropertyKey, unknown> | undefined)?.[key];
}

function shown(key: PropertyKey, value: unknown): string {
  if (SECRETS.includes(String(key))) return 'something else (not shown)';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}

/** An open recorder on a network would record whatever anybody asks it to, so it is refused at the door. */
function exposureProblem(given: ReadonlyMap<string, Given>): string[] {
  const host = configSchema.shape.host.safeParse(given.get('host')?.value);
  const credentials = configSchema.shape.credentials.safeParse(given.get('credentials')?.value);
  if (!host.success || !credentials.success) return [];
  if (credentials.data.length > 0 || isLoopback(host.data)) return [];
  const origin = given.get('host')?.origin ?? 'host';
  const example = `${variableOf('credentials')}=key:secret`;
  return [
    `${origin}: ${host.data} can be reached from other machines, which is refused without credentials; set ${example}, or listen on 127.0.0.1`,
  ];
}

/** Whether only this machine can reach a service that listens there. */
function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
