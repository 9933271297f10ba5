import { timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import {
  createSelfSignedCertificate,
  DtlsServer,
  fingerprint,
  HashAlgorithm,
  keyLength,
  NamedCurveAlgorithm,
  ProtectionProfileAeadAes128Gcm,
  ProtectionProfileAes128CmHmacSha1_80,
  SignatureAlgorithm,
  saltLength,
} from 'werift';
import { HandshakeOrder } from './handshake-order.ts';
import type { Fingerprint } from './offer.ts';
import type { SrtpKeys } from './srtp.ts';

/** Cheaper first: one pass over each packet in place of two. */
const SRTP_PROFILES = [ProtectionProfileAeadAes128Gcm, ProtectionProfileAes128CmHmacSha1_80] as const;

const CONTENT_ALERT = 21;
const CERTIFICATE_VERIFY = 15;
/** RFC 5246, 7.4.1.4.1: what the parts of `SignatureAndHashAlgorithm` stand for. */
const HASHES: Readonly<Record<number, string>> = { 4: 'sha256', 5: 'sha384', 6: 'sha512' };

/** The hub's own certificate, made anew at each start. */
export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
  /** As SDP has it: `AA:BB:...` of SHA-256. */
  readonly fingerprint: string;
}

export async function makeCertificate(): Promise<Certificate> {
  const { certPem, keyPem } = await createSelfSignedCertificate(SIGNATURE, NamedCurveAlgorithm.secp256r1_23);
  return { certPem, keyPem, fingerprint: new X509Certificate(certPem).fingerprint256 };
}

const SIGNATURE = { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 };

export interface DtlsEvents {
  send(data: Buffer): void;
  onKeys(keys: SrtpKeys): void;
  onFailed(why: string): void;
  /** The other side has said that it goes. */
  onClosed(): void;
}

/** The server's side of DTLS-SRTP (RFC 5764): exchanges keys with the one whose certificate the offer named. */
export class DtlsKeys {
  readonly #expected: Fingerprint;
  readonly #events: DtlsEvents;
  readonly #server: DtlsServer;
  readonly #order = new HandshakeOrder();
  #onData: (data: Buffer, from: readonly [string, number]) => void = () => {};
  #done = false;

  constructor(certificate: Certificate, expected: Fingerprint, events: DtlsEvents) {
    this.#expected = expected;
    this.#events = events;
    const keys = this;
    this.#server = new DtlsServer({
      cert: certificate.certPem,
      key: certificate.keyPem,
      signatureHash: SIGNATURE,
      srtpProfiles: [...SRTP_PROFILES],
      extendedMasterSecret: true,
      certificateRequest: true,
      transport: {
        type: 'ice',
        closed: false,
        address: { address: '', family: '', port: 0 },
        send: async (data) => events.send(data),
        close: async () => {},
        get onData() {
          return keys.#onData;
        },
        set onData(take) {
          keys.#onData = take;
        },
      },
    });
    this.#server.onConnect.subscribe(() => this.#onConnect());
    this.#server.onError.subscribe((error) => this.#fail(error instanceof Error ? error.message : String(error)));
  }

  receive(data: Buffer): void {
    if (this.#done && data[0] === CONTENT_ALERT && data.readUInt16BE(3) > 0) this.#events.onClosed();
    else for (const record of this.#order.take(data)) this.#onData(record, ['', 0]);
  }

  #fail(why: string): void {
    // After the keys are there, only flights that come late can fail.
    if (!this.#done) this.#events.onFailed(why);
  }

  #onConnect(): void {
    if (this.#done) return;
    const why = this.#doubt();
    const profile = this.#server.srtp.srtpProfile;
    if (why !== null || profile === undefined) {
      this.#fail(why ?? 'no SRTP profile in common');
      return;
    }
    this.#done = true;
    const { localKey, localSalt, remoteKey, remoteSalt } = this.#server.extractSessionKeys(
      keyLength(profile),
      saltLength(profile),
    );
    this.#events.onKeys({ profile, localKey, localSalt, remoteKey, remoteSalt });
  }

  /** Why the other side is not the one that made the offer, if so; werift's server leaves this to its user. */
  #doubt(): string | null {
    const certificate = this.#server.remoteCertificate;
    if (!certificate) return 'no certificate came';
    const actual = bytesOf(fingerprint(certificate, this.#expected.algorithm));
    const expected = bytesOf(this.#expected.value);
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected))
      return 'the certificate is not the one of the offer';
    return this.#isSigned(certificate) ? null : 'the handshake is not signed with the key of the certificate';
  }

  /** Whether the client's signature (RFC 5246, 7.4.8) is one of all that was said before. */
  #isSigned(certificate: Buffer): boolean {
    const handshakes = this.#server.dtls.sortedHandshakeCache;
    const at = handshakes.findIndex(({ msg_type }) => msg_type === CERTIFICATE_VERIFY);
    const proof = handshakes[at]?.fragment;
    if (!proof || proof.length < 4) return false;
    const hash = HASHES[proof[0] ?? 0];
    if (hash === undefined) return false;
    const said = Buffer.concat(handshakes.slice(0, at).map((handshake) => handshake.serialize()));
    try {
      const { publicKey } = new X509Certificate(certificate);
      return verify(hash, said, publicKey, proof.subarray(4, 4 + proof.readUInt16BE(2)));
    } catch {
      // A certificate that Node cannot read signs nothing.
      return false;
    }
  }
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex');
}
