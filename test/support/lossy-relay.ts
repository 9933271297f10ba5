import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What happens to each packet, whichever way it goes. */
export interface Trouble {
  /** Share of packets that are dropped, 0 to 1. */
  readonly loss: number;
  /** Each packet comes later by anything up to this; so they overtake each other. */
  readonly jitterMs: number;
}

/** The network between a peer and the hub: UDP packets go through it, in times of trouble some late, some never. */
export class LossyRelay implements AsyncDisposable {
  trouble: Trouble = { loss: 0, jitterMs: 0 };
  readonly #random: () => number;
  readonly #sockets: Socket[] = [];
  readonly #late = new Set<NodeJS.Timeout>();
  passed = 0;
  dropped = 0;

  /** @param seed the same one gives the same luck */
  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  /** An answer whose candidates lead through the relay, and all others are gone. @throws when there is none to lead */
  async lead(sdp: string): Promise<string> {
    const lines = await Promise.all(sdp.split('\r\n').map((line) => this.#leadLine(line)));
    const led = lines.flatMap((line) => line ?? []);
    if (!led.some(isCandidate)) throw new Error('expected an answer with a candidate for UDP over IPv4');
    return led.join('\r\n');
  }

  /** A candidate: `a=candidate:FOUNDATION COMPONENT udp PRIORITY ADDRESS PORT typ host`; null: it leads past the relay. */
  async #leadLine(line: string): Promise<string | null> {
    if (!isCandidate(line)) return line;
    const [foundation, component, transport = '', priority, address = '', port, ...rest] = line.split(' ');
    if (transport.toLowerCase() !== 'udp' || !/^[\d.]+$/.test(address)) return null;
    const front = await this.open(Number(port), address);
    return [foundation, component, transport, priority, address, front, ...rest].join(' ');
  }

  /** @returns the port in front of that address. */
  async open(port: number, address: string): Promise<number> {
    const [front, back] = [createSocket('udp4'), createSocket('udp4')];
    this.#sockets.push(front, back);
    let peer: { readonly port: number; readonly address: string } | null = null;
    front.on('message', (packet, from) => {
      peer = from;
      this.#carry(() => back.send(packet, port, address));
    });
    back.on('message', (packet) => {
      this.#carry(() => {
        if (peer !== null) front.send(packet, peer.port, peer.address);
      });
    });
    for (const socket of [front, back]) {
      // The other side may be gone already: what is sent to it comes back as an error.
      socket.on('error', () => {});
      socket.bind(0);
      await once(socket, 'listening');
    }
    return front.address().port;
  }

  #carry(send: () => void): void {
    if (this.#random() < this.trouble.loss) {
      this.dropped += 1;
      return;
    }
    this.passed += 1;
    const timer = setTimeout(() => {
      this.#late.delete(timer);
      send();
    }, this.#random() * this.trouble.jitterMs);
    this.#late.add(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#late) clearTimeout(timer);
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }
}

function isCandidate(line: string): boolean {
  return line.startsWith('a=candidate:');
}

/** Mulberry32: even numbers from 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
