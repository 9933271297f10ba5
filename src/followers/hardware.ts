import type { Follower } from '../controller/follower.ts';

/** Notices recordings whose hardware encoder gave way to x264. @param onFailed once per recording */
export function hardwareFollower(onFailed: () => void): Follower {
  const told = new Set<string>();
  return {
    status({ sid, plan }, { quality }) {
      const gaveWay = plan.encoding.hardware !== null && (quality.encoder?.startsWith('x264') ?? false);
      if (!gaveWay || told.has(sid)) return;
      told.add(sid);
      onFailed();
    },
    ended({ sid }) {
      told.delete(sid);
    },
  };
}
