import { closeSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const NOT_A_DATABASE = 26;
const CORRUPT = 11;

/** The file was written by a newer build than this one. */
export class NewerFileError extends Error {}

/**
 * Opens a database file, makes it if there is none (readable for its owner only), and brings it to the latest version.
 * @param migrations step n brings a file of version n to version n + 1; steps are only ever added
 * @throws NewerFileError
 */
export function openDatabase(file: string, migrations: readonly string[]): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, 'a', 0o600));
  using stack = new DisposableStack();
  const database = stack.use(new DatabaseSync(file));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000;');
  migrate(database, file, migrations);
  stack.move();
  return database;
}

/**
 * Opens a file without which the service can go on: one that cannot be read is put aside, and another is made.
 *
 * @param open opens it, and reads what is to be readable
 * @param onBroken is told where the unreadable file is now
 */
export function openOrPutAside<T>(file: string, open: () => T, onBroken: (aside: string) => void): T {
  try {
    return open();
  } catch (error) {
    const { errcode } = error as { errcode?: number };
    if (errcode !== NOT_A_DATABASE && errcode !== CORRUPT) throw error;
  }
  const aside = `${file}.broken-${Date.now()}`;
  renameSync(file, aside);
  onBroken(aside);
  return open();
}

function migrate(database: DatabaseSync, file: string, migrations: readonly string[]): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > migrations.length) {
    throw new NewerFileError(
      `${file} is of version ${version}, but this build reads up to ${migrations.length}; use a newer build or another data folder`,
    );
  }
  migrations.slice(version).forEach((step, i) => {
    database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${version + i + 1}; COMMIT;`);
  });
}
