import { type MediaPlan, type PicturePlan, refreshRate, type SoundPlan } from '../recording/plan.ts';
import { GRABS } from './grabs.ts';

/** One for each kind that is recorded, null for the others. */
export interface EncoderInputs {
  /** X display, `:3`. */
  readonly display: string | null;
  /** PulseAudio source. */
  readonly source: string | null;
}

/** Seconds between key frames: the grain of slices and of joining a live stream. */
export const KEY_FRAME_S = 2;
/** Where the transport stream has its sound; the muxer's own choice for a second stream. */
const SOUND_PID = 0x101;
/** At so few pictures a second each one is a key frame: a take need not wait for one, nor for a gap to ask for it. */
const ALL_KEYS_FPS = 2;
/** Name of the filter that lets pictures through; commands are addressed to it. */
export const GATE = 'metadata@gate';

/**
 * ffmpeg's command line: picture and sound, or one of them, in; one transport stream out on descriptor 1.
 * @throws RangeError when what is to be recorded lacks its input.
 */
export function encoderArgs({ display, source }: EncoderInputs, { picture, sound }: MediaPlan): string[] {
  return [
    ...general,
    ...(sound ? soundInput(given(source)) : []),
    ...(picture ? pictureInput(given(display), picture) : []),
    ...(picture ? pictureCodec(picture, sound ? 1 : 0) : []),
    ...(sound ? soundCodec(sound, picture ? 1 : 0) : []),
    ...output,
  ];
}

function given(input: string | null): string {
  if (input === null) throw new RangeError('expected an input for each kind that is recorded');
  return input;
}

// Both inputs keep their wall-clock times. By default each would start at zero, some hundred milliseconds apart.
const general = ['-hide_banner', '-nostats', '-loglevel', 'info', '-copyts'];

// Sound is opened before the picture: the other way round the first picture waits a second for the sound to be probed.
function soundInput(source: string): string[] {
  const fragmentBytes = 20 * 48 * 2 * 2; // 20 ms
  return [
    ...['-thread_queue_size', '1024', '-f', 'pulse', '-sample_rate', '48000', '-channels', '2'],
    ...['-fragment_size', String(fragmentBytes), '-name', 'tapehead', '-i', source],
  ];
}

function pictureInput(display: string, { width, height, fps }: PicturePlan): string[] {
  return [
    ...['-thread_queue_size', '8', '-f', 'x11grab', '-draw_mouse', '0', '-framerate', String(grabRate(fps))],
    ...['-video_size', `${even(width)}x${even(height)}`, '-i', display],
  ];
}

/** @param input number of its input */
function pictureCodec(picture: PicturePlan, input: number): string[] {
  const { fps } = picture;
  return [...['-map', `${input}:v`, '-vf', [gate(fps), oncePerFrame(fps), YUV].join(',')], ...x264(picture)];
}

const YUV = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p';

function x264(picture: PicturePlan): string[] {
  const { fps, bitrateKbps } = picture;
  return [
    // Capture times go through untouched; nothing is repeated or dropped to make them even.
    ...['-fps_mode', 'passthrough', '-enc_time_base:v', '1:90000'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high'],
    ...['-crf', '22', '-maxrate', `${bitrateKbps}k`, '-bufsize', `${2 * bitrateKbps}k`],
    // Every picture comes out at once: no B-frames, no looking ahead, threads that share a picture instead of taking one each.
    // So a stretch may end at any frame, nothing is in flight when something dies, and ffmpeg, which holds sound back as
    // long as pictures are held back, does not. Looking ahead would cost as much CPU and save a quarter of the bits.
    ...['-bf', '0', '-x264-params', atOnce(fps), '-threads', threads(picture)],
    ...['-g', String(10 * fps * KEY_FRAME_S), '-force_key_frames', keyFrames(fps)],
    ...['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'],
  ];
}

/**
 * Without a known rate x264 keeps each picture until it sees the next one, to learn how long it lasts: at the slowest rates that
 * is a second and more, by which sound comes later too.
 */
function atOnce(fps: number): string {
  const least = 'rc-lookahead=0:sync-lookahead=0:sliced-threads=1';
  return fps <= ALL_KEYS_FPS ? `${least}:force-cfr=1:fps=${fps}` : least;
}

/** @param stream number of its stream in the output */
function soundCodec({ channels, bitrateKbps }: SoundPlan, stream: number): string[] {
  return [
    ...['-map', '0:a', '-c:a', 'aac', '-ac', String(channels), '-b:a', `${bitrateKbps}k`],
    // By its identifier sound is told from pictures, so without pictures it must not take theirs.
    ...['-streamid', `${stream}:${SOUND_PID}`],
  ];
}

const output = [
  // No delay and the least payload: the muxer then writes each block of sound by itself, to be kept or left by itself.
  ...['-muxdelay', '0', '-muxpreload', '0', '-pes_payload_size', '0'],
  ...['-mpegts_copyts', '1', '-flush_packets', '1', '-f', 'mpegts', 'pipe:1'],
];

/** ffmpeg's command line for one black key frame as the encoder would make it: H.264 of Annex B on descriptor 1. */
export function blackPictureArgs(picture: PicturePlan): string[] {
  const { width, height, fps } = picture;
  // The rate at which the encoder believes to get pictures; the level that it writes down follows from it.
  const source = `color=black:s=${even(width)}x${even(height)}:r=${grabRate(fps)}`;
  return [
    ...['-hide_banner', '-nostats', '-loglevel', 'warning', '-f', 'lavfi', '-i', source],
    ...['-frames:v', '1', '-vf', YUV, ...x264(picture), '-f', 'h264', 'pipe:1'],
  ];
}

/**
 * Armed, the encoder has everything open and running but sees a picture only now and then: the filter drops what lacks a
 * key that nothing has, except while its `enable` expression is false. A few pictures must pass, because ffmpeg does not
 * read its sound as long as the picture lags behind.
 */
function gate(fps: number): string {
  const everyS = fps <= ALL_KEYS_FPS ? 0.5 : Math.max(0.5, 4 / fps);
  // A little more than from one grab to the next: one picture falls into it, or two, never none.
  const openS = 1.1 / grabRate(fps);
  return `${GATE}=mode=select:key=never:enable='gte(mod(t,${everyS}),${openS})'`;
}

/** Looks at the display per second. */
function grabRate(fps: number): number {
  return GRABS * refreshRate(fps);
}

/** Two keep up with 1280x720 at 60; each more costs some bits, as it has a slice of the picture to itself. */
function threads({ width, height, fps }: PicturePlan): string {
  return width * height * fps > 60e6 ? '3' : '2';
}

/**
 * How far ahead the gate must be told to open: ffmpeg looks at its standard input every 100 ms at the most often, and the
 * last picture before must be three intervals away to make a gap (see keyFrames).
 */
export function gateLeadMs(fps: number): number {
  const gapMs = fps <= ALL_KEYS_FPS ? 0 : 3000 / fps;
  return 150 + Math.max(150, gapMs);
}

/**
 * The gate's new expression: what is captured from a moment on passes, of each interval only what lies around the grab to
 * keep (grabs.ts).
 */
export function openGate(fromMs: number, keptGrabMs: number, fps: number): string {
  const halfStep = 0.5 / grabRate(fps);
  const windowStart = keptGrabMs / 1000 - halfStep;
  // A small number to subtract, so that no digits are lost.
  const offset = windowStart - Math.floor(windowStart);
  return `lt(t,${seconds(fromMs)})+gte(mod(t-${offset.toFixed(6)},1/${fps}),${2 * halfStep})`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6);
}

/** x11grab catches up after a stall with several grabs at once: equal pictures that would only cost. */
function oncePerFrame(fps: number): string {
  return `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${0.4 / fps})'`;
}

/**
 * A key frame every KEY_FRAME_S, and at the first picture after a gap: fewer than two thirds of the pictures that the
 * time since the last key frame should have had means that the gate was closed.
 */
function keyFrames(fps: number): string {
  if (fps <= ALL_KEYS_FPS) return 'expr:1';
  const since = 't-prev_forced_t';
  const due = `gte(${since},${KEY_FRAME_S - 0.5 / fps})`;
  const gap = `lt(1.5*(n-prev_forced_n),(${since})*${fps})`;
  return `expr:if(n_forced,${due}+${gap},1)`;
}

/** H.264 with 4:2:0 colour has even sizes only; the last column or row of an odd one is left out. */
export function even(length: number): number {
  return length - (length % 2);
}
