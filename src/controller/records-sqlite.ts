import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RecorderError } from '../errors.ts';
import { NewerFileError, openDatabase } from '../kit/sqlite.ts';
import type { RecordingEnd, RecordingStatus } from '../recording/status.ts';
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
     status TEXT NOT NULL,
     ending TEXT
   ) STRICT;
   CREATE INDEX recordings_open ON recordings (started_ms) WHERE ending IS NULL;`,
];

/**
 * Opens the records, and makes the file if there is none; it is readable for the service's user only, since addresses of
 * pages may hold secrets.
 * @throws RecorderError `config_invalid` when the file is of a newer version
 */
export function openSqliteRecords(file: string): Records {
  try {
    return new SqliteRecords(openDatabase(file, MIGRATIONS));
  } catch (error) {
    if (error instanceof NewerFileError) throw new RecorderError('config_invalid', error.message, { cause: error });
    throw error;
  }
}

type Row = Record<string, unknown>;

class SqliteRecords implements Records {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #bySid: StatementSync;
  readonly #byResource: StatementSync;
  readonly #open: StatementSync;
  readonly #saveStatus: StatementSync;
  readonly #saveEnd: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO recordings (sid, resource_id, app_id, cname, uid, plan, prefix, started_ms, limit_ms, status, ending)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = database.prepare('DELETE FROM recordings WHERE sid = ?');
    this.#bySid = database.prepare('SELECT * FROM recordings WHERE sid = ?');
    this.#byResource = database.prepare('SELECT * FROM recordings WHERE resource_id = ?');
    this.#open = database.prepare('SELECT * FROM recordings WHERE ending IS NULL ORDER BY started_ms');
    this.#saveStatus = database.prepare('UPDATE recordings SET status = ? WHERE sid = ?');
    this.#saveEnd = database.prepare('UPDATE recordings SET ending = ? WHERE sid = ? AND ending IS NULL');
  }

  insert(record: RecordingRecord): void {
    this.#insert.run(
      record.sid,
      record.resourceId,
      record.appId,
      record.cname,
      record.uid,
      JSON.stringify(record.plan),
      record.prefix,
      record.startedMs,
      record.limitMs,
      JSON.stringify(record.status),
      record.end === null ? null : JSON.stringify(record.end),
    );
  }

  remove(sid: string): void {
    this.#remove.run(sid);
  }

  bySid(sid: string): RecordingRecord | null {
    return recordOrNull(this.#bySid.get(sid));
  }

  byResource(resourceId: string): RecordingRecord | null {
    return recordOrNull(this.#byResource.get(resourceId));
  }

  open(): RecordingRecord[] {
    return this.#open.all().map(recordOf);
  }

  saveStatus(sid: string, status: RecordingStatus): void {
    this.#saveStatus.run(JSON.stringify(status), sid);
  }

  saveEnd(sid: string, end: RecordingEnd): void {
    this.#saveEnd.run(JSON.stringify(end), sid);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function recordOrNull(row: Row | undefined): RecordingRecord | null {
  return row === undefined ? null : recordOf(row);
}

function recordOf(row: Row): RecordingRecord {
  return {
    sid: String(row['sid']),
    resourceId: String(row['resource_id']),
    appId: String(row['app_id']),
    cname: String(row['cname']),
    uid: String(row['uid']),
    plan: JSON.parse(String(row['plan'])),
    prefix: String(row['prefix']),
    startedMs: Number(row['started_ms']),
    limitMs: Number(row['limit_ms']),
    status: JSON.parse(String(row['status'])),
    end: row['ending'] === null ? null : JSON.parse(String(row['ending'])),
  };
}
