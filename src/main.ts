import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { EXIT } from './cli/exit-codes.ts';
import { record } from './cli/record.ts';
import { parseRecordArgs } from './cli/record-args.ts';
import { USAGE } from './cli/usage.ts';
import { loadConfig } from './config/load.ts';
import { messageOf, RecorderError } from './errors.ts';
import { Encodings } from './node/encodings.ts';
import { runtimeFolder, sweep } from './node/runtime.ts';
import { Supervisor } from './node/supervisor.ts';
import { identityFor } from './process/identity.ts';

/** Composition root: which command, which parts, which exit code. */
async function main([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case 'record':
      return await recordCommand(args);
    case 'serve':
      return await serveCommand(args);
    case '--version':
      console.log(version());
      return EXIT.complete;
    case '--help':
    case 'help':
      console.log(USAGE);
      return EXIT.complete;
    default:
      throw new RecorderError(
        'request_invalid',
        `expected the command record or serve, got ${command ?? 'none'}; see --help`,
      );
  }
}

async function recordCommand(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return EXIT.complete;
  }
  const order = parseRecordArgs(args);
  const config = loadConfig();
  const identity = identityFor(config.user);
  const unpromisedCores = () => Number.POSITIVE_INFINITY;
  await using encodings = Encodings.open({ settings: config, identity, unpromisedCores, log: () => {} });
  sweep(new Set());
  // At once where there is no device.
  await encodings.hardware.tried;
  return await record(order, {
    recorder: new Supervisor(),
    identity,
    sandbox: config.sandbox,
    encodingFor: (picture) => encodings.encodingFor(picture),
    runtimeFolder,
    interrupted: firstSignal(),
  });
}

async function serveCommand(args: readonly string[]): Promise<number> {
  // Only here: the SDKs of the stores take a third of a second and 60 MB, which one recording does not need.
  const [{ openService }, { openLog }] = await Promise.all([import('./service.ts'), import('./log.ts')]);
  const config = loadConfig({ flags: serveFlags(args) });
  const log = openLog(config.logLevel);
  await using _service = await openService({ config, identity: identityFor(config.user), version: version(), log });
  const signal = firstSignal();
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  log.info('stopping: recordings are being ended and completed');
  return EXIT.complete;
}

function serveFlags(args: readonly string[]) {
  const options = {
    port: { type: 'string' },
    host: { type: 'string' },
    data: { type: 'string' },
    config: { type: 'string' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new RecorderError('request_invalid', messageOf(error), { cause: error });
  }
}

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process at once. */
function firstSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function exitCodeOf(error: unknown): number {
  const wrongUse = error instanceof RecorderError && error.blame === 'request';
  return wrongUse ? EXIT.usage : EXIT.internal;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(`tapehead: ${messageOf(error)}`);
  process.exit(exitCodeOf(error));
}
