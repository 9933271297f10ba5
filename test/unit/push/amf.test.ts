import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AmfValue, decodeAmf, encodeAmf, encodeEcmaArray } from '../../../src/push/amf.ts';

// An object's members end with an empty name, so no member has one; names are made of plain characters, which have one form in UTF-8.
const name = fc.string({ minLength: 1, maxLength: 20 });
const { value } = fc.letrec<{ value: AmfValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.string(),
    fc.constant(null),
    fc.constant(undefined),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('what is encoded is decoded again', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), (values) => {
      assert.deepEqual(decodeAmf(encodeAmf(...values)), values);
    }),
  );
});

test('a command looks on the wire as the specification draws it', () => {
  const bytes = encodeAmf('connect', 1, { app: 'live', audio: true }, null);
  const expected = [
    ...['02 0007', '636f6e6e656374', '00 3ff0000000000000'],
    ...['03 0003', '617070', '02 0004', '6c697665', '0005', '617564696f', '01 01', '0000 09', '05'],
  ];
  assert.equal(bytes.toString('hex'), expected.join('').replaceAll(' ', ''));
});

test('metadata is an associative array with the number of its members', () => {
  assert.equal(
    encodeEcmaArray({ width: 2 }).toString('hex'),
    '0800000001000577696474680040000000000000 00000009'.replaceAll(' ', ''),
  );
  assert.deepEqual(decodeAmf(encodeEcmaArray({ width: 2, stereo: false })), [{ width: 2, stereo: false }]);
});

test('dates and long texts of servers are understood', () => {
  const long = Buffer.concat([Buffer.from([12, 0, 0, 0, 3]), Buffer.from('abc')]);
  const date = Buffer.from([11, ...encodeAmf(1000).subarray(1), 0, 0]);
  assert.deepEqual(decodeAmf(Buffer.concat([long, date])), ['abc', 1000]);
});

test('bytes that are no AMF0 are an error, never a hang or another kind of failure', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeAmf(Buffer.from(bytes));
      } catch (error) {
        assert.ok(error instanceof RangeError);
      }
    }),
  );
  const cut = encodeAmf('connect', { app: 'live' });
  for (let length = 1; length < cut.length; length += 1) {
    if (length !== 10) assert.throws(() => decodeAmf(cut.subarray(0, length)), RangeError, `${length} bytes`);
  }
  // Arrays within arrays, ten thousand of them.
  assert.throws(() => decodeAmf(Buffer.concat(Array(10_000).fill(Buffer.from([10, 0, 0, 0, 1])))), /levels/);
});
