import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RecorderError } from '../errors.ts';
import { NewerFileError, openDatabase, openOrPutAside } from '../kit/sqlite.ts';
import type { Cost, Demand } from '../recording/demand.ts';
import type { CostStore, Experience } from './cost-store.ts';

/** Sizes are zero for sound only; no page stands for all pages. */
const MIGRATIONS = [
  `CREATE TABLE experiences (
     page TEXT NOT NULL,
     width INTEGER NOT NULL,
     height INTEGER NOT NULL,
     fps INTEGER NOT NULL,
     readings TEXT NOT NULL,
     learned_ms REAL NOT NULL,
     PRIMARY KEY (page, width, height, fps)
   ) STRICT;`,
];

/**
 * Opens what has been learned of costs, and makes the file if there is none. One that cannot be read is put aside: learning
 * begins again.
 *
 * @param onBroken is told where the unreadable file is now
 * @throws RecorderError `config_invalid` when the file is of a newer version
 */
export function openSqliteCosts(file: string, onBroken: (aside: string) => void): CostStore {
  try {
    return openOrPutAside(file, () => openCosts(file), onBroken);
  } catch (error) {
    if (error instanceof NewerFileError) throw new RecorderError('config_invalid', error.message, { cause: error });
    throw error;
  }
}

function openCosts(file: string): CostStore {
  using stack = new DisposableStack();
  const database = stack.use(openDatabase(file, MIGRATIONS));
  const store = new SqliteCosts(database);
  // Damage shows when all is read.
  store.all();
  stack.move();
  return store;
}

type Row = Record<string, unknown>;

class SqliteCosts implements CostStore {
  readonly #database: DatabaseSync;
  readonly #all: StatementSync;
  readonly #save: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#all = database.prepare('SELECT * FROM experiences ORDER BY learned_ms, rowid');
    this.#save = database.prepare(
      'INSERT OR REPLACE INTO experiences (page, width, height, fps, readings, learned_ms) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#remove = database.prepare('DELETE FROM experiences WHERE page = ? AND width = ? AND height = ? AND fps = ?');
  }

  all(): Experience[] {
    return this.#all.all().map(experienceOf);
  }

  save({ readings, ...kind }: Experience): void {
    const pairs = readings.map(({ cores, memoryMB }) => [cores, memoryMB]);
    this.#save.run(...keyOf(kind), JSON.stringify(pairs), Date.now());
  }

  remove(kind: Demand): void {
    this.#remove.run(...keyOf(kind));
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function keyOf({ page, picture }: Demand): [string, number, number, number] {
  return [page ?? '', picture?.width ?? 0, picture?.height ?? 0, picture?.fps ?? 0];
}

function experienceOf(row: Row): Experience {
  const [width, height, fps] = [Number(row['width']), Number(row['height']), Number(row['fps'])];
  const page = String(row['page']);
  return {
    page: page === '' ? null : page,
    picture: width === 0 ? null : { width, height, fps },
    readings: readingsOf(String(row['readings'])),
  };
}

/** What cannot be read is learned anew. */
function readingsOf(text: string): Cost[] {
  try {
    const pairs = JSON.parse(text) as [number, number][];
    return pairs.map(([cores, memoryMB]) => ({ cores, memoryMB }));
  } catch {
    return [];
  }
}
