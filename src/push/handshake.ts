import { randomBytes } from 'node:crypto';

const VERSION = 3;
/** Length of each of the two packets that both sides exchange; the first comes with the version in front. */
const PACKET = 1536;

/** The client's side of RTMP's handshake (specification 1.0, chapter 5.2), the plain form that all servers take. */
export class Handshake {
  /** To be sent first. */
  readonly opening = Buffer.concat([Buffer.from([VERSION]), Buffer.alloc(8), randomBytes(PACKET - 8)]);
  #received: Buffer = Buffer.alloc(0);
  #answered = false;

  /**
   * @returns what is to be sent back, and once the handshake is done all that came behind it
   * @throws RangeError when the server speaks something else
   */
  push(bytes: Buffer): { readonly answer: Buffer | null; readonly rest: Buffer | null } {
    this.#received = Buffer.concat([this.#received, bytes]);
    const [version = VERSION] = this.#received;
    if (version !== VERSION) throw new RangeError(`expected RTMP of version ${VERSION}, got ${version}`);
    const answer = this.#answer();
    const done = this.#received.length >= 1 + 2 * PACKET;
    return { answer, rest: done ? this.#received.subarray(1 + 2 * PACKET) : null };
  }

  /** The server's own first packet, as it came. */
  #answer(): Buffer | null {
    if (this.#answered || this.#received.length < 1 + PACKET) return null;
    this.#answered = true;
    return Buffer.from(this.#received.subarray(1, 1 + PACKET));
  }
}
