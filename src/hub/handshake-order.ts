const RECORD_HEADER = 13;
const MESSAGE_HEADER = 12;
const HANDSHAKE = 22;
const CHANGE_CIPHER_SPEC = 20;
const CLIENT_HELLO = 1;
const CERTIFICATE_VERIFY = 15;
/** Of a message, and of how many may come early: a guard against one that makes up messages. */
const MAX_LENGTH = 32_768;
const MAX_EARLY = 8;

/** A message of which not all fragments are there yet. */
interface Partial {
  readonly type: number;
  readonly body: Buffer;
  /** 1 for each byte that has come. */
  readonly has: Uint8Array;
}

/**
 * Puts what a client says in a DTLS handshake (RFC 6347, 4.2) in order, each message once and whole. werift takes records as they
 * come, and then has the wrong keys, or none, where packets are lost or overtake each other.
 */
export class HandshakeOrder {
  readonly #partials = new Map<number, Partial>();
  #next = 0;
  /** The client has said all that is not encrypted. */
  #spoken = false;
  /** The end of the handshake, which came before the rest. */
  #early: Buffer | null = null;

  /** @returns records to be handled now, each by itself */
  take(datagram: Buffer): Buffer[] {
    const records: Buffer[] = [];
    for (const record of recordsOf(datagram)) {
      const encrypted = record.readUInt16BE(3) > 0;
      if (record[0] === HANDSHAKE && !encrypted) records.push(...this.#takeMessages(record));
      else if (record[0] === CHANGE_CIPHER_SPEC || (record[0] === HANDSHAKE && !this.#spoken)) {
        if (encrypted) this.#early = record;
      } else records.push(record);
    }
    if (this.#spoken && this.#early) {
      records.push(this.#early);
      this.#early = null;
    }
    return records;
  }

  #takeMessages(record: Buffer): Buffer[] {
    const ready: Buffer[] = [];
    for (let at = RECORD_HEADER; at + MESSAGE_HEADER <= record.length; ) {
      const length = record.readUIntBE(at + 1, 3);
      const sequence = record.readUInt16BE(at + 4);
      const offset = record.readUIntBE(at + 6, 3);
      const end = at + MESSAGE_HEADER + record.readUIntBE(at + 9, 3);
      const fragment = record.subarray(at + MESSAGE_HEADER, end);
      const type = record[at] ?? 0;
      at = end;
      if (end > record.length || length > MAX_LENGTH || offset + fragment.length > length) return ready;
      if (sequence >= this.#next + MAX_EARLY) continue;
      // Said again: our answer was lost, and is given again.
      const again = sequence === this.#next - 1 && type === CLIENT_HELLO;
      if (sequence < this.#next && !again) continue;
      this.#add(sequence, type, length, offset, fragment);
      ready.push(...this.#complete(again ? sequence : this.#next));
    }
    return ready;
  }

  #add(sequence: number, type: number, length: number, offset: number, fragment: Buffer): void {
    const partial = this.#partials.get(sequence) ?? {
      type,
      body: Buffer.alloc(length),
      has: new Uint8Array(length),
    };
    if (partial.body.length !== length || partial.type !== type) return;
    this.#partials.set(sequence, partial);
    fragment.copy(partial.body, offset);
    partial.has.fill(1, offset, offset + fragment.length);
  }

  /** From this message on all that are whole. */
  #complete(from: number): Buffer[] {
    const ready: Buffer[] = [];
    for (let sequence = from; ; sequence += 1) {
      const partial = this.#partials.get(sequence);
      if (!partial || partial.has.includes(0)) return ready;
      this.#partials.delete(sequence);
      this.#next = Math.max(this.#next, sequence + 1);
      this.#spoken ||= partial.type === CERTIFICATE_VERIFY;
      ready.push(recordOf(sequence, partial));
    }
  }
}

function recordsOf(datagram: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at + RECORD_HEADER <= datagram.length; ) {
    const end = at + RECORD_HEADER + datagram.readUInt16BE(at + 11);
    if (end > datagram.length) break;
    records.push(datagram.subarray(at, end));
    at = end;
  }
  return records;
}

/** DTLS 1.2, epoch 0, one message in one fragment. */
function recordOf(sequence: number, { type, body }: Partial): Buffer {
  const head = Buffer.alloc(RECORD_HEADER + MESSAGE_HEADER);
  head[0] = HANDSHAKE;
  head.writeUInt16BE(0xfefd, 1);
  head.writeUInt16BE(sequence, 9);
  head.writeUInt16BE(MESSAGE_HEADER + body.length, 11);
  head[RECORD_HEADER] = type;
  head.writeUIntBE(body.length, RECORD_HEADER + 1, 3);
  head.writeUInt16BE(sequence, RECORD_HEADER + 4);
  head.writeUIntBE(body.length, RECORD_HEADER + 9, 3);
  return Buffer.concat([head, body]);
}
