/** AMF0, the notation of RTMP's commands (Action Message Format 0, Adobe 2007), as far as publishing needs it. */
export type AmfValue = number | boolean | string | null | undefined | readonly AmfValue[] | AmfObject;
export interface AmfObject {
  readonly [name: string]: AmfValue;
}

const NUMBER = 0;
const BOOLEAN = 1;
const STRING = 2;
const OBJECT = 3;
const NULL = 5;
const UNDEFINED = 6;
const ECMA_ARRAY = 8;
const OBJECT_END = 9;
const STRICT_ARRAY = 10;
const DATE = 11;
const LONG_STRING = 12;

const DEEPEST = 16;

/** @throws RangeError for a string of more than 65535 bytes */
export function encodeAmf(...values: readonly AmfValue[]): Buffer {
  return Buffer.concat(values.map(encode));
}

/** An object in the form that metadata has: an associative array. */
export function encodeEcmaArray(object: AmfObject): Buffer {
  const head = Buffer.from([ECMA_ARRAY, 0, 0, 0, 0]);
  head.writeUInt32BE(Object.keys(object).length, 1);
  return Buffer.concat([head, members(object)]);
}

function encode(value: AmfValue): Buffer {
  if (value === undefined) return Buffer.from([UNDEFINED]);
  if (value === null) return Buffer.from([NULL]);
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'boolean') return Buffer.from([BOOLEAN, value ? 1 : 0]);
  if (typeof value === 'string') return Buffer.concat([Buffer.from([STRING]), shortText(value)]);
  if (isList(value)) return encodeList(value);
  return Buffer.concat([Buffer.from([OBJECT]), members(value)]);
}

function isList(value: readonly AmfValue[] | AmfObject): value is readonly AmfValue[] {
  return Array.isArray(value);
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function encodeList(values: readonly AmfValue[]): Buffer {
  const head = Buffer.from([STRICT_ARRAY, 0, 0, 0, 0]);
  head.writeUInt32BE(values.length, 1);
  return Buffer.concat([head, ...values.map(encode)]);
}

function members(object: AmfObject): Buffer {
  const pairs = Object.entries(object).flatMap(([name, value]) => [shortText(name), encode(value)]);
  return Buffer.concat([...pairs, Buffer.from([0, 0, OBJECT_END])]);
}

function shortText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** All values one after the other. @throws RangeError when the bytes are no AMF0, or of a kind that no server answers with */
export function decodeAmf(bytes: Buffer): AmfValue[] {
  const reader = new AmfReader(bytes);
  const values: AmfValue[] = [];
  while (!reader.atEnd) values.push(reader.value(0));
  return values;
}

/** Reading past the end is a RangeError of Buffer's own. */
class AmfReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  value(depth: number): AmfValue {
    if (depth > DEEPEST) throw new RangeError(`expected AMF0 of at most ${DEEPEST} levels`);
    const type = this.#byte();
    switch (type) {
      case NUMBER:
        return this.#number();
      case BOOLEAN:
        return this.#byte() !== 0;
      case STRING:
        return this.#text(this.#short());
      case OBJECT:
        return this.#object(depth);
      case NULL:
        return null;
      case UNDEFINED:
        return undefined;
      case ECMA_ARRAY:
        this.#long();
        return this.#object(depth);
      case STRICT_ARRAY:
        return this.#list(this.#long(), depth);
      case DATE:
        return this.#date();
      case LONG_STRING:
        return this.#text(this.#long());
      default:
        throw new RangeError(`expected a type of AMF0, got ${type}`);
    }
  }

  #object(depth: number): AmfObject {
    const pairs: [string, AmfValue][] = [];
    for (;;) {
      const name = this.#text(this.#short());
      if (name === '' && this.#bytes[this.#at] === OBJECT_END) break;
      pairs.push([name, this.value(depth + 1)]);
    }
    this.#at += 1;
    return Object.fromEntries(pairs);
  }

  #list(count: number, depth: number): AmfValue[] {
    const values: AmfValue[] = [];
    for (let i = 0; i < count; i += 1) values.push(this.value(depth + 1));
    return values;
  }

  /** Milliseconds, followed by a time zone that nobody uses. */
  #date(): number {
    const ms = this.#number();
    this.#short();
    return ms;
  }

  #byte(): number {
    this.#at += 1;
    return this.#bytes.readUInt8(this.#at - 1);
  }

  #short(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  #long(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  #number(): number {
    this.#at += 8;
    return this.#bytes.readDoubleBE(this.#at - 8);
  }

  #text(length: number): string {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError(`expected a text of ${length} bytes, the message ends before`);
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }
}
