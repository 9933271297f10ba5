import { acquire } from './acquire.ts';
import type { Call } from './call.ts';
import { query } from './query.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import { update } from './update.ts';
import { updateLayout } from './update-layout.ts';

interface CallRoute {
  readonly method: 'get' | 'post';
  /** Below `/v1/apps/{appid}/cloud_recording`. */
  readonly path: string;
  readonly call: Call;
}

const OF_RESOURCE = '/resourceid/:resourceid';
const OF_RECORDING = `${OF_RESOURCE}/sid/:sid/mode/:mode`;

export const CALLS: readonly CallRoute[] = [
  { method: 'post', path: '/acquire', call: acquire },
  { method: 'post', path: `${OF_RESOURCE}/mode/:mode/start`, call: start },
  { method: 'get', path: `${OF_RECORDING}/query`, call: query },
  { method: 'post', path: `${OF_RECORDING}/update`, call: update },
  { method: 'post', path: `${OF_RECORDING}/updateLayout`, call: updateLayout },
  { method: 'post', path: `${OF_RECORDING}/stop`, call: stop },
];

/** Segments that may stand before the path; regions mean nothing to a service that runs in one place. */
export const REGION_PREFIXES = ['', '/na', '/eu', '/ap', '/cn'];
