import { readFileSync } from 'node:fs';
import { RecorderError } from '../errors.ts';
import type { Identity } from '../types.ts';

/**
 * Who runs browser, display, sound and encoder: nobody else than us, or, started as root, this user; Chromium's sandbox
 * does not start for root.
 *
 * @throws RecorderError `config_invalid` when root names a user that does not exist, or root.
 */
export function identityFor(userName: string): Identity | null {
  if (process.getuid?.() !== 0) return null;
  const identity = parsePasswd(readFileSync('/etc/passwd', 'utf8'), userName);
  if (!identity) {
    const make = `useradd --system --no-create-home --shell /usr/sbin/nologin ${userName}`;
    throw new RecorderError(
      'config_invalid',
      `expected a user named ${userName} to run browsers as, found none; make it with: ${make}`,
    );
  }
  if (identity.uid === 0)
    throw new RecorderError('config_invalid', `expected an unprivileged user to run browsers as, ${userName} is root`);
  return identity;
}

/** Pure: one user out of the text of /etc/passwd. */
export function parsePasswd(text: string, name: string): Identity | null {
  for (const line of text.split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return null;
}
