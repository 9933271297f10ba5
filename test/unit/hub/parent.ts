import { HubProcess } from '../../../src/hub/hub-process.ts';

/** A service that is killed: starts a hub and tells its process. */
const hub = new HubProcess({ publicAddress: null, ports: [43_300, 43_309], identity: null }, () => {});
const member = { appId: 'app', channel: 'room', uid: '1', role: 'viewer' } as const;
hub.enter(
  member,
  () => process.stdout.write(`${hub.pid}\n`),
  () => {},
);
