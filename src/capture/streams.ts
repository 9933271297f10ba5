import { connect } from 'node:net';
import { within } from '../kit/deadline.ts';

const ANSWER_MS = 1_000;

/** A stream that a program plays to a PulseAudio daemon. */
export interface PlayedStream {
  readonly sink: string;
  /** The program has stopped it for now. */
  readonly corked: boolean;
  readonly muted: boolean;
}

/** Asks a daemon what is played to it, by its command line protocol: cheaper by far than to start `pactl`. */
export async function listStreams(socket: string): Promise<PlayedStream[]> {
  return parseStreams(await ask(socket, 'list-sink-inputs'));
}

/** Pure: the answer to `list-sink-inputs`. */
export function parseStreams(text: string): PlayedStream[] {
  return text
    .split(/^\s+index: \d+$/m)
    .slice(1)
    .map((block) => ({
      sink: /^\tsink: \d+ <(.*)>$/m.exec(block)?.[1] ?? '',
      corked: /^\tstate: CORKED$/m.test(block),
      muted: /^\tmuted: yes$/m.test(block),
    }));
}

/** One command, then the end of what we say: the daemon answers and hangs up. */
async function ask(path: string, command: string): Promise<string> {
  const socket = connect(path).setEncoding('utf8');
  try {
    socket.end(`${command}\n`);
    const parts = socket.toArray() as Promise<string[]>;
    return (await within(ANSWER_MS, parts, () => new Error('the sound daemon does not answer'))).join('');
  } finally {
    socket.destroy();
  }
}
