import { RecorderError } from '../errors.ts';
import { isChannelName } from '../recording/names.ts';

const WEB_LABEL_BYTES = 1024;

/** @throws RecorderError `channel_name_invalid` */
export function requireChannelName(cname: string): void {
  if (isChannelName(cname)) return;
  throw wrong(cname, '1 to 63 of the characters that channel names have (a web page is recorded with scene 1)');
}

/** The same for mode web, whose cname is any label. */
export function requireLabel(cname: string): void {
  const bytes = Buffer.byteLength(cname);
  if (bytes < 1 || bytes > WEB_LABEL_BYTES) throw wrong(cname, `1 to ${WEB_LABEL_BYTES} bytes with scene 1`);
}

function wrong(cname: string, expected: string): RecorderError {
  return new RecorderError(
    'channel_name_invalid',
    `cname: expected ${expected}, got ${Buffer.byteLength(cname)} bytes`,
  );
}
