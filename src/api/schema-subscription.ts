import { z } from 'zod';
import { filledText } from './schema-parts.ts';

/** Stands for all users in a list. */
export const ALL_STREAMS = '#allstream#';

const MAX_UIDS = 32;
const UIDS = `a list of at most ${MAX_UIDS} uids, each a string`;

function uids(what: string) {
  return z.array(filledText(), UIDS).max(MAX_UIDS, UIDS).optional().describe(what);
}

const MEANINGS = {
  only: (medium: string) => `Only these users' ${medium}; ["${ALL_STREAMS}"] for all. An empty list counts as none.`,
  except: (medium: string) => `All users' ${medium} but theirs. Not together with the list of those to subscribe to.`,
  spelling: (name: string) => `Another spelling of ${name}.`,
};

const audioMembers = {
  subscribeAudioUids: uids(MEANINGS.only('sound')),
  unSubscribeAudioUids: uids(MEANINGS.except('sound')),
  unsubscribeAudioUids: uids(MEANINGS.spelling('unSubscribeAudioUids')),
  unsunscribeAudioUids: uids(MEANINGS.spelling('unSubscribeAudioUids')),
};

const videoMembers = {
  subscribeVideoUids: uids(MEANINGS.only('picture')),
  unSubscribeVideoUids: uids(MEANINGS.except('picture')),
  unsubscribeVideoUids: uids(MEANINGS.spelling('unSubscribeVideoUids')),
  unsunscribeVideoUids: uids(MEANINGS.spelling('unSubscribeVideoUids')),
};

/** All of them, as a start has them. */
export const listMembers = { ...audioMembers, ...videoMembers };

/** As an update has them. */
export const audioListSchema = z.object(audioMembers, 'an object');
export const videoListSchema = z.object(videoMembers, 'an object');

export type AudioList = z.output<typeof audioListSchema>;
export type VideoList = z.output<typeof videoListSchema>;
