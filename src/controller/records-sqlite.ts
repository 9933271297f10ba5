import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RecorderError } from '../errors.ts';
import { NewerFileError, openDatabase } from '../kit/sqlite.ts';
import type { RecordingPlan } from '../recording/plan.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
import type { UtcMs } from '../types.ts';
import type { Vault } from '../vault/vault.ts';
import type { RecordingRecord, Records } from './records.ts';

const MIGRATIONS = [
  `CREATE TABLE recordings (
     sid TEXT PRIMARY KEY,
     resource_id TEXT NOT NULL UNIQUE,
     app_id TEXT NOT NULL,
     cname TEXT NOT NULL,
     uid TEXT NOT NULL,
     plan TEXT NOT NULL,
     prefix TEXT NOT NULL,
     started_ms REAL NOT NULL,
     limit_ms REAL NOT NULL,
     stop_asked INTEGER NOT NULL,
     status TEXT NOT NULL,
     ending TEXT,
     ended_ms REAL
   ) STRICT;
   CREATE INDEX recordings_open ON recordings (started_ms) WHERE ending IS NULL;
   CREATE INDEX recordings_started ON recordings (started_ms);`,
];

/**
 * Opens the records, and makes the file if there is none. Plans and statuses are sealed: addresses of pages and pushes hold
 * secrets.
 * @throws RecorderError `config_invalid` when the file is of a newer version
 */
export function openSqliteRecords(file: string, vault: Vault): Records {
  try {
    return new SqliteRecords(openDatabase(file, MIGRATIONS), vault);
  } catch (error) {
    if (error instanceof NewerFileError) throw new RecorderError('config_invalid', error.message, { cause: error });
    throw error;
  }
}

type Row = Record<string, unknown>;

class SqliteRecords implements Records {
  readonly #database: DatabaseSync;
  readonly #vault: Vault;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #bySid: StatementSync;
  readonly #byResource: StatementSync;
  readonly #open: StatementSync;
  readonly #latest: StatementSync;
  readonly #saveStopAsked: StatementSync;
  readonly #saveStatus: StatementSync;
  readonly #saveEnd: StatementSync;
  readonly #prune: StatementSync;

  constructor(database: DatabaseSync, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    this.#insert = database.prepare(
      `INSERT INTO recordings (sid, resource_id, app_id, cname, uid, plan, prefix, started_ms, limit_ms,
         stop_asked, status, ending, ended_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = database.prepare('DELETE FROM recordings WHERE sid = ?');
    this.#bySid = database.prepare('SELECT * FROM recordings WHERE sid = ?');
    this.#byResource = database.prepare('SELECT * FROM recordings WHERE resource_id = ?');
    this.#open = database.prepare('SELECT * FROM recordings WHERE ending IS NULL ORDER BY started_ms');
    this.#latest = database.prepare('SELECT * FROM recordings ORDER BY started_ms DESC LIMIT ?');
    this.#saveStopAsked = database.prepare('UPDATE recordings SET stop_asked = 1 WHERE sid = ?');
    this.#saveStatus = database.prepare('UPDATE recordings SET status = ? WHERE sid = ?');
    this.#saveEnd = database.prepare('UPDATE recordings SET ending = ?, ended_ms = ? WHERE sid = ? AND ending IS NULL');
    this.#prune = database.prepare('DELETE FROM recordings WHERE ended_ms < ?');
  }

  insert(record: RecordingRecord): void {
    this.#insert.run(
      record.sid,
      record.resourceId,
      record.appId,
      record.cname,
      record.uid,
      this.#seal(record.plan),
      record.prefix,
      record.startedMs,
      record.limitMs,
      record.stopAsked ? 1 : 0,
      this.#seal(record.status),
      record.end === null ? null : this.#seal(record.end),
      record.end?.endedMs ?? null,
    );
  }

  remove(sid: string): void {
    this.#remove.run(sid);
  }

  bySid(sid: string): RecordingRecord | null {
    return this.#recordOrNull(this.#bySid.get(sid));
  }

  byResource(resourceId: string): RecordingRecord | null {
    return this.#recordOrNull(this.#byResource.get(resourceId));
  }

  open(): RecordingRecord[] {
    return this.#open.all().map((row) => this.#recordOf(row));
  }

  latest(count: number): RecordingRecord[] {
    return this.#latest.all(count).map((row) => this.#recordOf(row));
  }

  saveStopAsked(sid: string): void {
    this.#saveStopAsked.run(sid);
  }

  saveStatus(sid: string, status: RecordingStatus): void {
    this.#saveStatus.run(this.#seal(status), sid);
  }

  saveEnd(sid: string, end: RecordingEnd): void {
    this.#saveEnd.run(this.#seal(end), end.endedMs, sid);
  }

  prune(endedBeforeMs: UtcMs): void {
    this.#prune.run(endedBeforeMs);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #recordOrNull(row: Row | undefined): RecordingRecord | null {
    return row === undefined ? null : this.#recordOf(row);
  }

  #recordOf(row: Row): RecordingRecord {
    return {
      sid: String(row['sid']),
      resourceId: String(row['resource_id']),
      appId: String(row['app_id']),
      cname: String(row['cname']),
      uid: String(row['uid']),
      plan: this.#unseal(row['plan']) as RecordingPlan,
      prefix: String(row['prefix']),
      startedMs: Number(row['started_ms']),
      limitMs: Number(row['limit_ms']),
      stopAsked: Number(row['stop_asked']) === 1,
      status: this.#unseal(row['status']) as RecordingStatus,
      end: row['ending'] === null ? null : (this.#unseal(row['ending']) as RecordingEnd),
    };
  }

  #seal(value: unknown): string {
    return this.#vault.seal(JSON.stringify(value));
  }

  #unseal(value: unknown): unknown {
    return JSON.parse(this.#vault.open(String(value)));
  }
}
