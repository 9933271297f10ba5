import { randomBytes } from 'node:crypto';
import type { RemoteInfo, Socket } from 'node:dgram';
import { classes, Message, methods, parseMessage } from 'werift';

export interface IceEvents {
  /** What is no STUN message, from the chosen address. */
  onData(data: Buffer): void;
  /** The other side has shown that it is there. */
  onHeard(): void;
}

interface Remote {
  readonly address: string;
  readonly port: number;
}

/**
 * The lite side of ICE (RFC 8445, 2.5): has one socket, answers checks, and sends where the other side has chosen last. Each
 * check must be signed with our password, so only who has our answer can choose.
 */
export class IceLite {
  readonly usernameFragment = randomBytes(6).toString('base64url');
  readonly password = randomBytes(24).toString('base64url');
  readonly #socket: Socket;
  readonly #events: IceEvents;
  readonly #key: Buffer;
  #remote: Remote | null = null;
  #open = true;

  constructor(socket: Socket, events: IceEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#key = Buffer.from(this.password);
    socket.on('message', (data, from) => this.#onMessage(data, from));
    // A peer that has gone answers with ICMP errors; what counts is whether it is heard again.
    socket.on('error', () => {});
  }

  get port(): number {
    return this.#open ? this.#socket.address().port : 0;
  }

  get takesV6(): boolean {
    return this.#open && this.#socket.address().family === 'IPv6';
  }

  send(data: Buffer): void {
    if (this.#remote && this.#open) this.#socket.send(data, this.#remote.port, this.#remote.address);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
  }

  #onMessage(data: Buffer, from: RemoteInfo): void {
    if (!this.#open) return;
    try {
      // RFC 7983: STUN begins with 0 to 3, all that we carry is above.
      if ((data[0] ?? 0) < 4) this.#onStun(data, from);
      else if (this.#isRemote(from)) this.#events.onData(data);
    } catch {
      // Anybody can send anything, and parsers throw at some of it: a packet that cannot be read is none.
    }
  }

  #onStun(data: Buffer, from: RemoteInfo): void {
    const request = parseMessage(data, this.#key);
    if (request?.messageMethod !== methods.BINDING || request.messageClass !== classes.REQUEST) return;
    const username: unknown = request.getAttributeValue('USERNAME');
    if (typeof username !== 'string' || !username.startsWith(`${this.usernameFragment}:`)) return;
    this.#events.onHeard();
    const answer = new Message(methods.BINDING, classes.RESPONSE, request.transactionId)
      .setAttribute('XOR-MAPPED-ADDRESS', [from.address.replace(/^::ffff:/, ''), from.port])
      .addMessageIntegrity(this.#key)
      .addFingerprint();
    this.#socket.send(answer.bytes, from.port, from.address);
    if (request.attributesKeys.includes('USE-CANDIDATE')) this.#remote = { address: from.address, port: from.port };
  }

  #isRemote({ address, port }: RemoteInfo): boolean {
    return this.#remote !== null && this.#remote.port === port && this.#remote.address === address;
  }
}
