import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { once } from 'node:events';
import { RecorderError } from '../errors.ts';

/** As much as the kernel gives: pictures come in bursts. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/** Opens UDP sockets within a range of ports, one after the other round and round. */
export class Ports {
  readonly #first: number;
  readonly #last: number;
  readonly #used = new Set<number>();
  #next: number;

  constructor([first, last]: readonly [number, number]) {
    this.#first = first;
    this.#last = last;
    this.#next = first;
  }

  get used(): number {
    return this.#used.size;
  }

  /**
   * On all addresses of the machine, IPv6 too where there is any. Closing it gives the port back.
   *
   * @throws RecorderError `over_capacity` when all ports are taken.
   */
  async open(): Promise<Socket> {
    for (let tries = this.#last - this.#first; tries >= 0; tries -= 1) {
      const port = this.#next;
      this.#next = port === this.#last ? this.#first : port + 1;
      const socket = this.#used.has(port) ? null : await this.#tryOpen(port);
      if (socket) return socket;
    }
    const range = `${this.#first}-${this.#last}`;
    throw new RecorderError('over_capacity', `expected a free UDP port within ${range} for the hub, all are taken`);
  }

  async #tryOpen(port: number): Promise<Socket | null> {
    this.#used.add(port);
    const socket = (await bind('udp6', port)) ?? (await bind('udp4', port));
    if (socket) socket.once('close', () => this.#used.delete(port));
    else this.#used.delete(port);
    return socket;
  }
}

async function bind(type: 'udp4' | 'udp6', port: number): Promise<Socket | null> {
  // Addresses are never names; without this, Node waits a turn for each packet that is sent.
  const lookup: SocketOptions['lookup'] = (host, _, done) => done(null, host, type === 'udp6' ? 6 : 4);
  const socket = createSocket({ type, lookup, recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
  try {
    const listening = once(socket, 'listening');
    socket.bind(port);
    await listening;
    return socket;
  } catch {
    // Taken by another program, or no IPv6 on this machine.
    socket.close();
    return null;
  }
}
