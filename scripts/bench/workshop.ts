import { execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const USER = 'tapehead';

/** A folder for one bench run, writable for the user that the recorders run as; removed at the end. */
export interface Workshop extends AsyncDisposable {
  readonly folder: string;
  /** Prefix of a command that is to run without root's rights; empty when bench itself has none. */
  readonly asUser: readonly string[];
  /** Environment of such a command. */
  readonly env: NodeJS.ProcessEnv;
}

export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'tapehead-bench-'));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) giveAway(folder);
  return {
    folder,
    asUser: isRoot ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--init-groups', '--'] : [],
    env: {
      ...process.env,
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      TMPDIR: folder,
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function giveAway(folder: string): void {
  const id = (option: string) => Number(execFileSync('id', [option, USER], { encoding: 'utf8' }));
  try {
    chownSync(folder, id('-u'), id('-g'));
  } catch (cause) {
    throw new Error(`bench runs as root and needs the user ${USER} for the recorders; start scripts/tapehead once`, {
      cause,
    });
  }
}
