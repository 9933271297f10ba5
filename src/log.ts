import pino, { type Logger } from 'pino';
import { redactLogLine } from './kit/redact.ts';

/** The service's log: JSON lines on standard output, written at once, secrets left out. */
export function openLog(level: string): Logger {
  return pino({ level, hooks: { streamWrite: redactLogLine } }, pino.destination({ sync: true }));
}
