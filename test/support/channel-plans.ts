import { type ChannelPlan, EVERYBODY, type LayoutPlan } from '../../src/recording/channel.ts';

export const FLOATING: LayoutPlan = {
  ...{ kind: 'floating', maxResolutionUid: null, regions: [], backgroundColor: '#000000' },
  ...{ backgroundImage: null, defaultUserImage: null, userImages: [] },
};

/** A channel of the hub, without token and encryption, that everybody is seen and heard in. */
export function channelPlan(change: Partial<ChannelPlan> = {}): ChannelPlan {
  return {
    ...{ appId: 'demo', cname: 'room', uid: '527841', profile: 'communication', token: null },
    ...{ transport: { kind: 'hub' }, encryption: null, lowStream: false, maxIdleMs: 30_000, maxUsers: 17 },
    ...{ subscription: { audio: EVERYBODY, video: EVERYBODY }, layout: FLOATING },
    ...change,
  };
}
