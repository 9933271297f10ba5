import { RecorderError } from '../errors.ts';
import { type Answer, type CallInput, requireWebMode } from './call.ts';

/** `POST /resourceid/{resourceid}/sid/{sid}/mode/{mode}/updateLayout`: a web page has no layout of users. */
export function updateLayout(input: CallInput): Answer {
  requireWebMode(input.mode);
  throw new RecorderError(
    'request_invalid',
    'mode in the path: expected "mix", the only mode with a layout, got "web"',
  );
}
