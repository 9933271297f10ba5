import type { Frame } from '../../src/output/frame-reader.ts';
import type { TimedFrame } from '../../src/output/take.ts';

/** Transport packets made by hand, without a word of the code under test. */
export interface PacketOptions {
  readonly pid: number;
  /** First of a frame or table. */
  readonly start?: boolean;
  readonly key?: boolean;
  readonly counter?: number;
  /** Frames only: written into the head of the frame. */
  readonly pts?: number;
  readonly dts?: number;
  readonly pcr?: { readonly base: number; readonly extension: number };
  /** What the payload is filled up with. */
  readonly fill?: number;
}

const SIZE = 188;
export const VIDEO = 0x100;
export const AUDIO = 0x101;

export function packet(options: PacketOptions): Buffer {
  const adaptation = adaptationField(options);
  const bytes = Buffer.alloc(SIZE, options.fill ?? 0xaa);
  bytes[0] = 0x47;
  bytes.writeUInt16BE((options.start ? 0x4000 : 0) | options.pid, 1);
  bytes[3] = (adaptation ? 0x30 : 0x10) | (options.counter ?? 0);
  adaptation?.copy(bytes, 4);
  if (options.start && (options.pid === VIDEO || options.pid === AUDIO)) {
    frameHead(options).copy(bytes, 4 + (adaptation?.length ?? 0));
  }
  return bytes;
}

function adaptationField({ key, pcr }: PacketOptions): Buffer | null {
  if (!key && !pcr) return null;
  const flags = (key ? 0x40 : 0) | (pcr ? 0x10 : 0);
  const clock = Buffer.alloc(pcr ? 6 : 0);
  if (pcr) {
    const bits = (BigInt(pcr.base) << 15n) | (0x3fn << 9n) | BigInt(pcr.extension);
    clock.writeUIntBE(Number(bits >> 24n), 0, 3);
    clock.writeUIntBE(Number(bits & 0xffffffn), 3, 3);
  }
  return Buffer.concat([Buffer.from([1 + clock.length, flags]), clock]);
}

function frameHead({ pid, pts, dts }: PacketOptions): Buffer {
  const times =
    pts === undefined ? [] : dts === undefined ? timestamp(2, pts) : [...timestamp(3, pts), ...timestamp(1, dts)];
  const flags = pts === undefined ? 0 : dts === undefined ? 0x80 : 0xc0;
  return Buffer.from([0, 0, 1, pid === VIDEO ? 0xe0 : 0xc0, 0, 0, 0x80, flags, times.length, ...times]);
}

function timestamp(prefix: number, ticks: number): number[] {
  const bits = (from: bigint, count: bigint) => Number((BigInt(ticks) >> from) & ((1n << count) - 1n));
  return [
    (prefix << 4) | (bits(30n, 3n) << 1) | 1,
    bits(22n, 8n),
    (bits(15n, 7n) << 1) | 1,
    bits(7n, 8n),
    (bits(0n, 7n) << 1) | 1,
  ];
}

export interface FrameOptions {
  readonly kind?: Frame['kind'];
  readonly key?: boolean;
  readonly pts: number;
  /** How many packets it fills. */
  readonly packets?: number;
  readonly fill?: number;
}

export function frame({ kind = 'video', key = false, pts, packets = 1, fill = 0x55 }: FrameOptions): Frame {
  const pid = kind === 'video' ? VIDEO : AUDIO;
  const pcr = kind === 'video' ? { pcr: { base: pts, extension: 7 } } : {};
  const first = packet({ pid, start: true, key, pts, fill, ...pcr });
  const others = Array.from({ length: packets - 1 }, () => packet({ pid, fill }));
  return { kind, key, pts, packets: Buffer.concat([first, ...others]) };
}

/** A frame already on the recording's clock. */
export function timedFrame(options: Omit<FrameOptions, 'pts'> & { readonly mediaTime: number }): TimedFrame {
  const { mediaTime } = options;
  const { kind, key, packets } = frame({ ...options, pts: Math.round(mediaTime) % 2 ** 33 });
  return { kind, key, mediaTime, capturedMs: 1_000_000 + mediaTime / 90, missing: 0, packets };
}

/** Programme tables as two packets; only their place and counters matter. */
export function tables(): Buffer {
  return Buffer.concat([packet({ pid: 0, start: true, fill: 1 }), packet({ pid: 0x1000, start: true, fill: 2 })]);
}
