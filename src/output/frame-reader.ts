import type { TrackKind } from './tracks.ts';
import {
  PACKET,
  type PacketHead,
  PID_AUDIO,
  PID_PAT,
  PID_PMT,
  PID_VIDEO,
  readHead,
  readTimes,
} from './transport-stream.ts';

/** One encoded picture, or one block of sound, with the transport packets that carry it. */
export interface Frame {
  readonly kind: TrackKind;
  readonly key: boolean;
  /** Presentation time as written in the packets: 90 kHz, wrapping. */
  readonly pts: number;
  readonly packets: Buffer;
}

/**
 * Cuts an encoder's stream into frames. ffmpeg's muxer writes a frame's packets one after another, never mixed with
 * others, so a frame ends where the next begins.
 */
export class FrameReader {
  /** Bytes up to the end of the last complete frame. */
  consumed = 0;
  readonly #onFrame: (frame: Frame) => void;
  #read = 0;
  #rest: Buffer = Buffer.alloc(0);
  #open: { kind: Frame['kind']; key: boolean; pts: number; packets: Buffer[] } | null = null;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const whole = bytes.length - (bytes.length % PACKET);
    for (let at = 0; at < whole; at += PACKET) this.#take(bytes.subarray(at, at + PACKET));
    this.#rest = bytes.subarray(whole);
  }

  /** The stream has ended: what is open is complete. */
  end(): void {
    this.#close();
  }

  #take(packet: Buffer): void {
    const head = readHead(packet);
    if (head.start && head.pid !== PID_PAT && head.pid !== PID_PMT) this.consumed = this.#read;
    this.#read += PACKET;
    if (head.pid === PID_VIDEO || head.pid === PID_AUDIO) this.#takeMedia(packet, head);
  }

  #takeMedia(packet: Buffer, head: PacketHead): void {
    if (head.start) {
      this.#close();
      const times = readTimes(packet, head.payloadAt);
      if (!times) return;
      const kind = head.pid === PID_VIDEO ? 'video' : 'audio';
      this.#open = { kind, key: head.key, pts: times.pts, packets: [] };
    }
    this.#open?.packets.push(packet);
  }

  #close(): void {
    if (!this.#open) return;
    const { packets, ...frame } = this.#open;
    this.#open = null;
    this.#onFrame({ ...frame, packets: Buffer.concat(packets) });
  }
}
