import { RecorderError } from '../errors.ts';
import type { ChannelTransport, EncryptionPlan } from '../recording/channel.ts';

/** How the channels of app ids are reached, as configured; the hub for those that are not listed. */
export type AppChannels = Readonly<Record<string, AppChannel>>;

interface AppChannel {
  readonly channel: ChannelTransport['kind'];
  /** With `livekit` only. */
  readonly livekitUrl?: string | undefined;
}

/** @throws RecorderError `request_invalid` for an encryption that these channels cannot have */
export function transportOf(apps: AppChannels, appId: string, encryption: EncryptionPlan | null): ChannelTransport {
  const app = Object.hasOwn(apps, appId) ? apps[appId] : undefined;
  if (app?.livekitUrl === undefined) return { kind: app?.channel === 'agora' ? 'agora' : 'hub' };
  if (encryption === null) return { kind: 'livekit', url: app.livekitUrl };
  throw new RecorderError(
    'request_invalid',
    'decryptionMode: expected 0 for this app id, whose channels are those of a LiveKit server and are recorded without decryption',
  );
}
