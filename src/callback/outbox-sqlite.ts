import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RecorderError } from '../errors.ts';
import { NewerFileError, openDatabase } from '../kit/sqlite.ts';
import type { UtcMs } from '../types.ts';
import type { Vault } from '../vault/vault.ts';
import type { Content, Failure, Message, Outbox, OutboxView, PendingMessage, Told } from './outbox.ts';

const MIGRATIONS = [
  `CREATE TABLE counters (
     sid TEXT PRIMARY KEY,
     next_sequence INTEGER NOT NULL,
     told_ms REAL NOT NULL
   ) STRICT;
   CREATE TABLE messages (
     sid TEXT NOT NULL,
     sequence INTEGER NOT NULL,
     app_id TEXT NOT NULL,
     notice_id TEXT NOT NULL,
     event_type INTEGER NOT NULL,
     event_ms REAL NOT NULL,
     content TEXT NOT NULL,
     given_up INTEGER NOT NULL DEFAULT 0,
     attempts INTEGER NOT NULL DEFAULT 0,
     tried_ms REAL,
     problem TEXT,
     PRIMARY KEY (sid, sequence)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX messages_tried ON messages (tried_ms) WHERE tried_ms IS NOT NULL;
   CREATE TABLE room (bytes BLOB NOT NULL) STRICT;`,
];

const ROOM_BYTES = 1_048_576;
const CHECKPOINT_PAGES = 200;
const LOST_SHOWN = 20;
/** A recording lasts 30 days at most, may have nothing to tell for as long, and must not begin to count anew. */
const LONGEST_SILENCE_MS = 30 * 24 * 3_600_000;

/**
 * Opens the messages, and makes the file if there is none. What may hold secrets is sealed.
 * @throws RecorderError `config_invalid` when the file is of a newer version
 */
export function openSqliteOutbox(file: string, vault: Vault): Outbox {
  try {
    const database = openDatabase(file, MIGRATIONS);
    takeRoom(database);
    return new SqliteOutbox(database, vault);
  } catch (error) {
    if (error instanceof NewerFileError) throw new RecorderError('config_invalid', error.message, { cause: error });
    throw error;
  }
}

/**
 * Leaves free pages in the file and in its log (WAL), so that messages still get through when the disk is full, which is when
 * there is something to tell. Checkpoints are early, lest the log need more than it has.
 */
function takeRoom(database: DatabaseSync): void {
  database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  try {
    database.exec(`INSERT INTO room VALUES (zeroblob(${ROOM_BYTES}))`);
    database.exec('DELETE FROM room; PRAGMA wal_checkpoint(RESTART);');
  } catch {
    // The disk is full already; what is stored can be sent all the same.
  }
}

type Row = Record<string, unknown>;

class SqliteOutbox implements Outbox {
  readonly #database: DatabaseSync;
  readonly #vault: Vault;
  readonly #takeSequence: StatementSync;
  readonly #insert: StatementSync;
  readonly #waiting: StatementSync;
  readonly #first: StatementSync;
  readonly #remove: StatementSync;
  readonly #markFailed: StatementSync;
  readonly #counts: StatementSync;
  readonly #lost: StatementSync;
  readonly #problem: StatementSync;
  readonly #pruneMessages: StatementSync;
  readonly #pruneCounters: StatementSync;

  constructor(database: DatabaseSync, vault: Vault) {
    this.#database = database;
    this.#vault = vault;
    this.#takeSequence = database.prepare(
      `INSERT INTO counters (sid, next_sequence, told_ms) VALUES (:sid, 1, :now)
       ON CONFLICT (sid) DO UPDATE SET next_sequence = next_sequence + 1, told_ms = :now
       RETURNING next_sequence - 1 AS sequence`,
    );
    this.#insert = database.prepare(
      `INSERT INTO messages (sid, sequence, app_id, notice_id, event_type, event_ms, content)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#waiting = database.prepare(
      'SELECT sid, app_id FROM messages WHERE given_up = 0 GROUP BY sid ORDER BY min(event_ms)',
    );
    this.#first = database.prepare('SELECT * FROM messages WHERE sid = ? AND given_up = 0 ORDER BY sequence LIMIT 1');
    this.#remove = database.prepare('DELETE FROM messages WHERE sid = ? AND sequence = ?');
    this.#markFailed = database.prepare(
      `UPDATE messages SET attempts = attempts + 1, problem = ?, tried_ms = ?, given_up = ?
       WHERE sid = ? AND sequence = ?`,
    );
    this.#counts = database.prepare(
      `SELECT count(*) FILTER (WHERE given_up = 0) AS pending, min(event_ms) FILTER (WHERE given_up = 0) AS oldest_ms,
              count(*) FILTER (WHERE given_up = 1) AS given_up
       FROM messages WHERE :sid IS NULL OR sid = :sid`,
    );
    this.#lost = database.prepare(
      `SELECT * FROM messages WHERE given_up = 1 AND tried_ms IS NOT NULL AND (:sid IS NULL OR sid = :sid)
       ORDER BY tried_ms DESC LIMIT ${LOST_SHOWN}`,
    );
    this.#problem = database.prepare(
      `SELECT problem FROM messages WHERE tried_ms IS NOT NULL AND (:sid IS NULL OR sid = :sid)
       ORDER BY tried_ms DESC LIMIT 1`,
    );
    this.#pruneMessages = database.prepare('DELETE FROM messages WHERE given_up = 1 AND event_ms < ?');
    this.#pruneCounters = database.prepare(
      'DELETE FROM counters WHERE told_ms < ? AND sid NOT IN (SELECT sid FROM messages)',
    );
  }

  add({ subject, notice, eventMs, noticeId }: Told): number {
    const { sid, appId, cname, uid, mode } = subject;
    const { eventType, serviceType, details } = notice;
    const content: Content = { cname, uid, mode, serviceType, details };
    const sealed = this.#vault.seal(JSON.stringify(content));
    return this.#inOne(() => {
      const sequence = Number(this.#takeSequence.get({ sid, now: eventMs })?.['sequence']);
      this.#insert.run(sid, sequence, appId, noticeId, eventType, eventMs, sealed);
      return sequence;
    });
  }

  waiting(): Pick<Message, 'sid' | 'appId'>[] {
    return this.#waiting.all().map((row) => ({ sid: String(row['sid']), appId: String(row['app_id']) }));
  }

  first(sid: string): PendingMessage | null {
    const row = this.#first.get(sid);
    return row === undefined ? null : { ...messageOf(row), content: this.#open(String(row['content'])) };
  }

  delivered({ sid, sequence }: Message): void {
    this.#remove.run(sid, sequence);
  }

  failed({ sid, sequence }: Message, { problem, atMs }: Failure): void {
    this.#markFailed.run(problem, atMs, 0, sid, sequence);
  }

  givenUp({ sid, sequence }: Message, { problem, atMs }: Failure): void {
    this.#markFailed.run(problem, atMs, 1, sid, sequence);
  }

  view(sid: string | null): OutboxView {
    const { pending, oldest_ms, given_up } = this.#counts.get({ sid }) as Row;
    const problem = this.#problem.get({ sid })?.['problem'] ?? null;
    return {
      pending: Number(pending),
      oldestMs: oldest_ms === null ? null : Number(oldest_ms),
      givenUp: Number(given_up),
      lost: this.#lost.all({ sid }).map((row) => ({ ...messageOf(row), problem: String(row['problem']) })),
      problem: problem === null ? null : String(problem),
    };
  }

  prune(beforeMs: UtcMs): void {
    this.#pruneMessages.run(beforeMs);
    this.#pruneCounters.run(beforeMs - LONGEST_SILENCE_MS);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #open(sealed: string): Content | null {
    try {
      return JSON.parse(this.#vault.open(sealed)) as Content;
    } catch {
      return null;
    }
  }

  #inOne<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk has ended the transaction already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function messageOf(row: Row): Message {
  return {
    sid: String(row['sid']),
    sequence: Number(row['sequence']),
    appId: String(row['app_id']),
    noticeId: String(row['notice_id']),
    eventType: Number(row['event_type']),
    eventMs: Number(row['event_ms']),
    attempts: Number(row['attempts']),
  };
}
