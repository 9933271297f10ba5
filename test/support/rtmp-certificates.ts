import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { librariesOf, pathOf, programOf, unpackDebian } from '../servers/debian.ts';
import type { TempFolder } from './temp-folder.ts';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** File with the certificate, for those who are to trust it. */
  readonly file: string;
}

/** A certificate that nobody has signed but itself. @param names as `DNS:localhost` or `IP:127.0.0.1` */
export async function makeCertificate(folder: TempFolder, names: readonly string[]): Promise<Certificate> {
  const [key, file] = [folder.file('key.pem'), folder.file('cert.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${names.join(',')}`];
  const debian = await unpackDebian(['openssl']);
  const env = { ...process.env, ...librariesOf(debian), OPENSSL_CONF: pathOf(debian, 'etc/ssl/openssl.cnf') };
  await promisify(execFile)(programOf(debian, 'openssl'), ['req', ...kind, ...subject, '-keyout', key, '-out', file], {
    env,
  });
  return { key: await readFile(key, 'utf8'), cert: await readFile(file, 'utf8'), file };
}
