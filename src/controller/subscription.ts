import { RecorderError } from '../errors.ts';
import { EVERYBODY, NOBODY, type Subscription, type UidFilter } from '../recording/channel.ts';
import type { MediaPlan } from '../recording/plan.ts';

/** Who is to be heard and seen as a call tells it; null: no list of this medium. */
export interface SubscriptionLists {
  readonly audio: UidFilter | null;
  readonly video: UidFilter | null;
}

/**
 * What the lists of a call come to: without any everybody is subscribed to; with a list for one medium only, nobody is of the
 * other. What is not recorded is not subscribed to.
 * @throws RecorderError `request_invalid` for a list of a medium that is not recorded
 */
export function subscriptionOf({ audio, video }: SubscriptionLists, { picture, sound }: MediaPlan): Subscription {
  if (audio !== null && sound === null) throw unrecorded('audio', 'subscribeAudioUids', 1);
  if (video !== null && picture === null) throw unrecorded('video', 'subscribeVideoUids', 0);
  const others = audio === null && video === null ? EVERYBODY : NOBODY;
  return {
    audio: sound === null ? NOBODY : (audio ?? others),
    video: picture === null ? NOBODY : (video ?? others),
  };
}

function unrecorded(medium: string, member: string, streamTypes: number): RecorderError {
  return new RecorderError(
    'request_invalid',
    `${member}: expected no list of ${medium} streams with streamTypes ${streamTypes}, which records none, got one`,
  );
}
