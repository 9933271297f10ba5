import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { messageOf, RecorderError } from '../errors.ts';

/**
 * The authorities that may vouch for a server: those of Node, and those of a PEM file.
 * @throws RecorderError `config_invalid` when the file cannot be read
 */
export function trustedAuthorities(caFile: string | null): string[] {
  return [...getCACertificates('default'), ...(caFile === null ? [] : [readPem(caFile)])];
}

/** For `dial`. It takes some ten milliseconds to make and may serve any number of connections. */
export function trust(caFile: string | null): SecureContext {
  return createSecureContext({ ca: trustedAuthorities(caFile) });
}

function readPem(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8');
    // Node's TLS takes a text without certificates for none, and says nothing.
    new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new RecorderError('config_invalid', `expected certificates in PEM form in ${file}: ${messageOf(error)}`);
  }
}
