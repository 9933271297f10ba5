import { createSecretKey } from 'node:crypto';
import { type RtpHeader, SrtcpSession, type SrtpProfile, SrtpSession } from 'werift';
import { payloadOffset, sequenceDistance } from './rtp.ts';

export interface SrtpKeys {
  readonly profile: SrtpProfile;
  readonly localKey: Buffer;
  readonly localSalt: Buffer;
  readonly remoteKey: Buffer;
  readonly remoteSalt: Buffer;
}

/**
 * Seals and opens packets with the ciphers of werift. Which of several rounds of sequence numbers a packet belongs to is
 * found as RFC 3711, 3.3.1, has it: werift's own way is lost for good when more than 100 packets around the end of a round are.
 */
export class Srtp {
  readonly #media: SrtpSession;
  readonly #control: SrtcpSession;
  readonly #sent = new Rounds();
  readonly #received = new Rounds();

  constructor({ profile, localKey, localSalt, remoteKey, remoteSalt }: SrtpKeys) {
    const keys = {
      localMasterKey: localKey,
      localMasterSalt: localSalt,
      remoteMasterKey: remoteKey,
      remoteMasterSalt: remoteSalt,
    };
    this.#media = new SrtpSession({ keys, profile });
    this.#control = new SrtcpSession({ keys, profile });
    for (const { localContext, remoteContext } of [this.#media, this.#control]) {
      makeKeys(localContext.cipher);
      makeKeys(remoteContext.cipher);
    }
  }

  seal(header: RtpHeader, payload: Buffer): Buffer {
    const index = this.#sent.indexOf(header.ssrc, header.sequenceNumber);
    this.#sent.note(header.ssrc, index);
    return this.#media.localContext.cipher.encryptRtp(header, payload, roundOf(index));
  }

  /** @returns null for a packet that is not from the other side, or is damaged. */
  open(data: Buffer): Buffer | null {
    if (payloadOffset(data) === null) return null;
    const ssrc = data.readUInt32BE(8);
    const index = this.#received.indexOf(ssrc, data.readUInt16BE(2));
    try {
      const [opened] = this.#media.remoteContext.cipher.decryptRtp(data, roundOf(index));
      this.#received.note(ssrc, index);
      return opened;
    } catch {
      // Not authentic: SrtpAuthenticationError, or too short for its own header.
      return null;
    }
  }

  sealControl(data: Buffer): Buffer {
    return this.#control.encrypt(data);
  }

  /** @returns null for a packet that is not from the other side, or is damaged. */
  openControl(data: Buffer): Buffer | null {
    try {
      return this.#control.decrypt(data);
    } catch {
      // Not authentic.
      return null;
    }
  }
}

/** The index of packets: sequence number and how often it began anew, per source. */
class Rounds {
  readonly #highest = new Map<number, number>();

  indexOf(ssrc: number, sequence: number): number {
    const highest = this.#highest.get(ssrc);
    if (highest === undefined) return sequence;
    return Math.max(highest + sequenceDistance(highest & 0xffff, sequence), sequence);
  }

  note(ssrc: number, index: number): void {
    if (index >= (this.#highest.get(ssrc) ?? -1)) this.#highest.set(ssrc, index);
  }
}

function roundOf(index: number): number {
  return Math.floor(index / 0x10000);
}

const KEYS = ['srtpSessionKey', 'srtcpSessionKey', 'srtpSessionAuthTag', 'srtcpSessionAuthTag'];

/** Puts keys in the place of their bytes, of which Node would otherwise make keys for every packet: three times the work. */
function makeKeys(cipher: object): void {
  for (const name of KEYS) {
    const bytes: unknown = Reflect.get(cipher, name);
    if (Buffer.isBuffer(bytes)) Reflect.set(cipher, name, createSecretKey(bytes));
  }
}
