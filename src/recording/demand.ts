import type { Size } from '../types.ts';
import type { RecordingPlan } from './plan.ts';

/** What is recorded, as far as it says what that will cost. */
export interface Demand {
  /** Null: sound only. */
  readonly picture: PictureDemand | null;
  /** Null: not known. */
  readonly page: PageKind | null;
}

export interface PictureDemand extends Size {
  readonly fps: number;
}

/** `mix`, or for mode `web` the page's host after `web:`. Never more of its address, which may hold tokens. */
export type PageKind = string;

export const CHANNEL_PAGE_KIND: PageKind = 'mix';

/** What a recording takes of a machine. */
export interface Cost {
  /** CPU seconds per second. */
  readonly cores: number;
  readonly memoryMB: number;
}

export function pageKind(url: string): PageKind {
  return `web:${URL.parse(url)?.hostname ?? ''}`;
}

export function demandOf({ picture, channel, page }: Pick<RecordingPlan, 'picture' | 'channel' | 'page'>): Demand {
  const size = picture && { width: picture.width, height: picture.height, fps: picture.fps };
  return { picture: size, page: channel === null ? pageKind(page.url) : CHANNEL_PAGE_KIND };
}
