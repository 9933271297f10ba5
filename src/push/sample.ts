import type { Frame } from '../output/frame-reader.ts';

/** A picture or a block of sound as it goes to every server. */
export interface Sample {
  readonly kind: Frame['kind'];
  readonly key: boolean;
  /** Place on the clock of all pushes; never goes back within a kind. */
  readonly ms: number;
  /** Body of the RTMP message. */
  readonly body: Buffer;
  /** Body of the message that a decoder needs before; the same object as long as it is the same. */
  readonly header: Buffer;
}
