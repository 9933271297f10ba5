import type { LimitType } from '../recording/link.ts';
import type { PageLimits } from '../recording/plan.ts';

/** What the page takes, at one moment; a look is taken each second. */
export interface LimitLook {
  readonly webgl: boolean;
  readonly videoPixels: number;
  /** What it has sent and received so far. */
  readonly trafficBytes: number;
}

export interface Excess {
  readonly limit: LimitType;
  readonly detail: string;
}

const TRAFFIC_LOOKS = 10;

/** Finds out that a page is beyond what the operator allows. */
export class LimitRule {
  readonly #limits: PageLimits;
  /** Traffic at the last looks, the oldest first. */
  readonly #traffic: number[] = [];

  constructor(limits: PageLimits) {
    this.#limits = limits;
  }

  look({ webgl, videoPixels, trafficBytes }: LimitLook): Excess | null {
    const { webgl: noWebgl, videoPixels: mostPixels, bandwidthKbps } = this.#limits;
    const kbps = this.#kbps(trafficBytes);
    if (noWebgl && webgl) return { limit: 'WebGL', detail: 'the page uses WebGL, which is not allowed here' };
    if (mostPixels !== null && videoPixels > mostPixels)
      return {
        limit: 'resolution',
        detail: `the page plays a video of ${videoPixels} pixels, ${mostPixels} are allowed`,
      };
    if (bandwidthKbps !== null && kbps > bandwidthKbps)
      return { limit: 'bandwidth', detail: `the page's traffic is ${kbps} kbit/s, ${bandwidthKbps} are allowed` };
    return null;
  }

  /** Mean over the last looks; 0 until there are enough. */
  #kbps(bytes: number): number {
    this.#traffic.push(bytes);
    if (this.#traffic.length <= TRAFFIC_LOOKS) return 0;
    const before = this.#traffic.shift() ?? bytes;
    return Math.round(((bytes - before) * 8) / 1000 / TRAFFIC_LOOKS);
  }
}
