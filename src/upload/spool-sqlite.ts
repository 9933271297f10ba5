import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RecorderError } from '../errors.ts';
import { NewerFileError, openDatabase, openOrPutAside } from '../kit/sqlite.ts';
import type { StorageOrder, UploadJob } from '../recording/storage.ts';
import type { Vault } from '../vault/vault.ts';
import type { Spool, SpoolCounts, SpooledJob, SpooledObject, Step, StepQuery, WholeFile } from './spool.ts';

const MIGRATIONS = [
  `CREATE TABLE jobs (
     sid TEXT PRIMARY KEY,
     folder TEXT NOT NULL,
     stem TEXT NOT NULL,
     prefix TEXT NOT NULL,
     hls INTEGER NOT NULL,
     mp4 INTEGER NOT NULL,
     storage TEXT NOT NULL,
     began_ms REAL NOT NULL,
     finished INTEGER NOT NULL DEFAULT 0,
     done_ms REAL
   ) STRICT;
   CREATE INDEX jobs_open ON jobs (began_ms) WHERE done_ms IS NULL;
   CREATE TABLE objects (
     id INTEGER PRIMARY KEY,
     sid TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE,
     name TEXT NOT NULL,
     kind TEXT NOT NULL,
     part INTEGER,
     bytes INTEGER NOT NULL,
     added_ms REAL NOT NULL,
     in_store INTEGER NOT NULL DEFAULT 0,
     in_backup INTEGER NOT NULL DEFAULT 0,
     on_disk INTEGER NOT NULL DEFAULT 1,
     failures INTEGER NOT NULL DEFAULT 0,
     failed_ms REAL,
     retry_ms REAL NOT NULL DEFAULT 0,
     UNIQUE (sid, name)
   ) STRICT;
   CREATE INDEX objects_open ON objects (sid, failures, id) WHERE in_store = 0;
   CREATE INDEX objects_backup ON objects (sid, failures, id) WHERE in_backup = 1;
   CREATE INDEX objects_local ON objects (sid, part) WHERE on_disk = 1;
   CREATE TABLE told (
     sid TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE,
     what TEXT NOT NULL,
     PRIMARY KEY (sid, what)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE room (bytes BLOB) STRICT;`,
];

/** Kept free in the file, for several thousand objects. */
const ROOM_BYTES = 2 ** 20;

/** The log is written from its beginning again after so many pages, well within what it was given. */
const LOG_PAGES = 100;

/**
 * Opens the spool, and makes the file if there is none. One that cannot be read is put aside, so that recordings go on; the
 * files that it knew of stay on the disk.
 *
 * @param onBroken is told where the unreadable file is now
 * @throws RecorderError `config_invalid` when the file is of a newer version
 */
export function openSqliteSpool(file: string, vault: Vault, onBroken: (aside: string) => void): Spool {
  try {
    return openOrPutAside(file, () => openSpool(file, vault), onBroken);
  } catch (error) {
    if (error instanceof NewerFileError) throw new RecorderError('config_invalid', error.message, { cause: error });
    throw error;
  }
}

function openSpool(file: string, vault: Vault): Spool {
  using stack = new DisposableStack();
  const database = stack.use(openDatabase(file, MIGRATIONS));
  // A local copy is removed once the spool says that it is stored: that must outlive a loss of power.
  database.exec(`PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${LOG_PAGES};`);
  keepRoom(database);
  const spool = new SqliteSpool(database, vault);
  stack.move();
  return spool;
}

/** With a full disk, uploads are what makes place again: the spool must then still have room to work with. */
function keepRoom(database: DatabaseSync): void {
  try {
    // Written out before it is deleted, or else the file would only look longer. The log keeps the length it gets by this.
    database.exec(`INSERT INTO room VALUES (zeroblob(${ROOM_BYTES})); PRAGMA wal_checkpoint(FULL);
      DELETE FROM room; PRAGMA wal_checkpoint(FULL);`);
  } catch {
    // The disk is full already.
  }
}

type Row = Record<string, unknown>;

const SAFE = '(in_store = 1 OR in_backup = 1)';

/** Nothing but the playlist is left to do. */
function playlistLast(open: string): string {
  return `(kind <> 'playlist' OR NOT EXISTS (
    SELECT 1 FROM objects o WHERE o.sid = :sid AND o.kind <> 'playlist' AND ${open}))`;
}

const READY: Readonly<Record<Step, string>> = {
  send: `in_store = 0 AND on_disk = 1 AND kind <> 'playlist'`,
  hand_over: `in_store = 0 AND on_disk = 0 AND in_backup = 1 AND ${playlistLast('o.in_store = 0')}`,
  back_up: `in_store = 0 AND in_backup = 0 AND on_disk = 1 AND (failed_ms < :failedBefore OR added_ms < :addedBefore)
    AND ${playlistLast('o.in_store = 0 AND o.in_backup = 0')}
    AND (kind <> 'playlist' OR (SELECT finished FROM jobs WHERE sid = :sid))`,
  forget: 'in_store = 1 AND in_backup = 1',
};

/** Has the file changed since it was taken up? */
const CHANGED = `(excluded.bytes <> bytes OR kind = 'playlist')`;

const ADD = `INSERT INTO objects (sid, name, kind, part, bytes, added_ms) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (sid, name) DO UPDATE SET
    part = coalesce(excluded.part, part),
    added_ms = iif(${CHANGED} AND in_store, excluded.added_ms, added_ms),
    in_store = in_store AND NOT ${CHANGED},
    in_backup = in_backup AND NOT ${CHANGED},
    on_disk = on_disk OR ${CHANGED},
    bytes = excluded.bytes`;

class SqliteSpool implements Spool {
  readonly #database: DatabaseSync;
  readonly #vault: Vault;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
  }

  begin({ sid, folder, stem, prefix, hls, mp4, storage }: UploadJob, now: number): void {
    this.#sql(
      'INSERT INTO jobs (sid, folder, stem, prefix, hls, mp4, storage, began_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ).run(sid, folder, stem, prefix, Number(hls), Number(mp4), this.#seal(storage), now);
  }

  job(sid: string): SpooledJob | null {
    const row = this.#sql('SELECT * FROM jobs WHERE sid = ?').get(sid);
    return row === undefined ? null : jobOf(row);
  }

  openJobs(): SpooledJob[] {
    return this.#sql('SELECT * FROM jobs WHERE done_ms IS NULL ORDER BY began_ms').all().map(jobOf);
  }

  storageOf(sid: string): StorageOrder {
    const row = this.#sql('SELECT storage FROM jobs WHERE sid = ?').get(sid);
    return JSON.parse(this.#vault.open(String(row?.['storage'])));
  }

  renew(sid: string, storage: StorageOrder): void {
    this.#atOnce(() => {
      this.#sql('UPDATE jobs SET storage = ? WHERE sid = ?').run(this.#seal(storage), sid);
      this.#sql('UPDATE objects SET retry_ms = 0 WHERE sid = ? AND in_store = 0').run(sid);
      this.#sql(`DELETE FROM told WHERE sid = ? AND what IN ('error 32', 'error 47')`).run(sid);
    });
  }

  add(sid: string, { name, kind, part, bytes }: WholeFile, now: number): void {
    this.#sql(ADD).run(sid, name, kind, part, bytes, now);
  }

  finish(sid: string, files: readonly WholeFile[], now: number): void {
    this.#atOnce(() => {
      for (const file of files) this.add(sid, file, now);
      this.#sql('UPDATE jobs SET finished = 1 WHERE sid = ?').run(sid);
    });
  }

  object(sid: string, name: string): SpooledObject | null {
    const row = this.#sql('SELECT * FROM objects WHERE sid = ? AND name = ?').get(sid, name);
    return row === undefined ? null : objectOf(row);
  }

  inStore(sid: string, name: string): boolean | null {
    const row = this.#sql('SELECT in_store FROM objects WHERE sid = ? AND name = ?').get(sid, name);
    return row === undefined ? null : row['in_store'] === 1;
  }

  ready(sid: string, step: Step, { now, mp4, limit, failedBefore, addedBefore }: StepQuery): SpooledObject[] {
    const rows = this.#sql(
      `SELECT * FROM objects WHERE sid = :sid AND ${READY[step]} AND retry_ms <= :now AND (:mp4 OR kind <> 'mp4')
       ORDER BY failures, id LIMIT :limit`,
    );
    const ages = step === 'back_up' ? { failedBefore, addedBefore } : {};
    return rows.all({ sid, now, mp4: Number(mp4), limit, ...ages }).map(objectOf);
  }

  stored({ id, bytes: known }: SpooledObject, bytes: number): void {
    this.#sql(
      'UPDATE objects SET in_store = 1, failures = 0, failed_ms = NULL, bytes = ? WHERE id = ? AND bytes = ?',
    ).run(bytes, id, known);
  }

  backedUp({ id, bytes: known }: SpooledObject, bytes: number): void {
    this.#sql('UPDATE objects SET in_backup = 1, bytes = ? WHERE id = ? AND bytes = ?').run(bytes, id, known);
  }

  forgotten(id: number): void {
    this.#sql('UPDATE objects SET in_backup = 0 WHERE id = ?').run(id);
  }

  failed(id: number, failedMs: number | null, retryMs: number): void {
    this.#sql(
      'UPDATE objects SET failures = failures + 1, failed_ms = coalesce(failed_ms, ?), retry_ms = ? WHERE id = ?',
    ).run(failedMs, retryMs, id);
  }

  postpone(id: number, retryMs: number): void {
    this.#sql('UPDATE objects SET retry_ms = ? WHERE id = ?').run(retryMs, id);
  }

  retryAll(): void {
    this.#sql('UPDATE objects SET retry_ms = 0 WHERE retry_ms > 0').run();
  }

  spare(sid: string, part: number | null): SpooledObject[] {
    return this.#sql(
      `SELECT * FROM objects WHERE sid = :sid AND part IS :part AND on_disk = 1 AND ${SAFE} AND CASE kind
         WHEN 'slice' THEN NOT (SELECT mp4 FROM jobs WHERE sid = :sid) OR EXISTS (
           SELECT 1 FROM objects WHERE sid = :sid AND part = :part AND kind = 'mp4' AND ${SAFE})
         WHEN 'mp4' THEN NOT EXISTS (
           SELECT 1 FROM objects WHERE sid = :sid AND part = :part AND kind = 'slice' AND on_disk = 1 AND NOT ${SAFE})
       END ORDER BY kind = 'mp4'`,
    )
      .all({ sid, part })
      .map(objectOf);
  }

  local(sid: string): SpooledObject[] {
    return this.#sql('SELECT * FROM objects WHERE sid = ? AND on_disk = 1').all(sid).map(objectOf);
  }

  removed(id: number): void {
    this.#sql('UPDATE objects SET on_disk = 0 WHERE id = ?').run(id);
  }

  counts(sid: string): SpoolCounts {
    const row = this.#sql(
      `SELECT total(in_store) AS stored, total(in_store = 0 AND in_backup = 1) AS backed_up,
         total(NOT ${SAFE}) AS waiting, total(bytes * in_store) AS stored_bytes, total(bytes * (in_store = 0)) AS open_bytes,
         min(iif(in_store = 0, added_ms, NULL)) AS oldest_ms, total(on_disk) AS local, total(in_backup) AS backup
       FROM objects WHERE sid = ?`,
    ).get(sid);
    return {
      stored: Number(row?.['stored']),
      backedUp: Number(row?.['backed_up']),
      waiting: Number(row?.['waiting']),
      storedBytes: Number(row?.['stored_bytes']),
      openBytes: Number(row?.['open_bytes']),
      oldestMs: numberOrNull(row?.['oldest_ms']),
      localCopies: Number(row?.['local']),
      backupCopies: Number(row?.['backup']),
    };
  }

  told(sid: string, what: string): boolean {
    return this.#sql('SELECT 1 FROM told WHERE sid = ? AND what = ?').get(sid, what) !== undefined;
  }

  tell(sid: string, what: string): void {
    this.#sql('INSERT OR IGNORE INTO told VALUES (?, ?)').run(sid, what);
  }

  done(sid: string, now: number): void {
    this.#sql(`UPDATE jobs SET done_ms = ?, storage = '' WHERE sid = ?`).run(now, sid);
  }

  prune(before: number): void {
    this.#sql('DELETE FROM jobs WHERE done_ms < ?').run(before);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }

  #atOnce(change: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      change();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #seal(storage: StorageOrder): string {
    return this.#vault.seal(JSON.stringify(storage));
  }
}

function jobOf(row: Row): SpooledJob {
  return {
    sid: String(row['sid']),
    folder: String(row['folder']),
    stem: String(row['stem']),
    prefix: String(row['prefix']),
    hls: row['hls'] === 1,
    mp4: row['mp4'] === 1,
    finished: row['finished'] === 1,
    done: row['done_ms'] !== null,
  };
}

function objectOf(row: Row): SpooledObject {
  return {
    id: Number(row['id']),
    name: String(row['name']),
    kind: String(row['kind']) as SpooledObject['kind'],
    part: numberOrNull(row['part']),
    bytes: Number(row['bytes']),
    inStore: row['in_store'] === 1,
    inBackup: row['in_backup'] === 1,
    onDisk: row['on_disk'] === 1,
    failures: Number(row['failures']),
    failedMs: numberOrNull(row['failed_ms']),
  };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
