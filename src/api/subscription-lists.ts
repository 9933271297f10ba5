import type { SubscriptionLists } from '../controller/subscription.ts';
import { RecorderError } from '../errors.ts';
import { EVERYBODY, NOBODY, type UidFilter } from '../recording/channel.ts';
import { ALL_STREAMS, type AudioList, type VideoList } from './schema-subscription.ts';

type Uids = readonly string[] | undefined;

/**
 * The lists of a start or an update, whichever spelling they have. Empty ones count as none.
 * @throws RecorderError `request_invalid` when one medium has both kinds of list
 */
export function listsOf(lists: AudioList & VideoList): SubscriptionLists {
  return {
    audio: filterOf('Audio', lists.subscribeAudioUids, [
      lists.unSubscribeAudioUids,
      lists.unsubscribeAudioUids,
      lists.unsunscribeAudioUids,
    ]),
    video: filterOf('Video', lists.subscribeVideoUids, [
      lists.unSubscribeVideoUids,
      lists.unsubscribeVideoUids,
      lists.unsunscribeVideoUids,
    ]),
  };
}

/** @param unwanted in all their spellings: the first that is not empty counts */
function filterOf(medium: string, wanted: Uids, unwanted: readonly Uids[]): UidFilter | null {
  const only = filled(wanted) ? wanted : undefined;
  const except = unwanted.find(filled);
  if (only && except) {
    throw new RecorderError(
      'request_invalid',
      `subscribe${medium}Uids: expected either this list or unSubscribe${medium}Uids, got both`,
    );
  }
  if (only) return only.includes(ALL_STREAMS) ? EVERYBODY : { kind: 'only', uids: only };
  if (except) return except.includes(ALL_STREAMS) ? NOBODY : { kind: 'except', uids: except };
  return null;
}

function filled(uids: Uids): uids is readonly string[] {
  return uids !== undefined && uids.length > 0;
}
