import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { HubSession } from '../../../src/channel/hub.ts';

export interface LossyWay extends AsyncDisposable {
  /** Puts the way between the hub and whoever gets the answer. */
  through(session: HubSession): Promise<HubSession>;
  /** Until then nothing is lost. */
  begin(): void;
}

/** A way on this machine that loses packets in both directions, each with this probability, and delays them by up to `jitterMs`. */
export function lossyWay(loss: number, jitterMs = 0): LossyWay {
  const sockets: Socket[] = [];
  const random = pseudoRandom(1);
  let begun = false;
  const carry = (send: () => void) => {
    if (begun && random() < loss) return;
    if (!begun || jitterMs === 0) send();
    else setTimeout(send, random() * jitterMs);
  };
  return {
    begin() {
      begun = true;
    },
    async through({ id, answer }) {
      const port = Number(/a=candidate:\d+ 1 udp \d+ 127\.0\.0\.1 (\d+)/.exec(answer)?.[1]);
      const [near, far] = [createSocket('udp4'), createSocket('udp4')];
      let client = { port: 0, address: '' };
      near.on('message', (data, { port: from, address }) => {
        client = { port: from, address };
        carry(() => isOpen(far) && far.send(data, port, '127.0.0.1'));
      });
      far.on('message', (data) => carry(() => isOpen(near) && near.send(data, client.port, client.address)));
      for (const socket of [near, far]) {
        sockets.push(socket);
        socket.bind(0, socket === far ? '127.0.0.1' : undefined);
        await once(socket, 'listening');
      }
      const lines = answer
        .split('\r\n')
        .map((line) => line.replace(/(a=candidate:\d+ 1 udp \d+ \S+) \d+/, `$1 ${near.address().port}`));
      // The way takes IPv4 only.
      return { id, answer: lines.filter((line) => !/^a=candidate.* [\da-f]*:[\da-f:]* /.test(line)).join('\r\n') };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.splice(0)) {
        closed.add(socket);
        socket.close();
        await once(socket, 'close');
      }
    },
  };
}

const closed = new WeakSet<Socket>();

function isOpen(socket: Socket): boolean {
  return !closed.has(socket);
}

/** The same losses in every run. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
