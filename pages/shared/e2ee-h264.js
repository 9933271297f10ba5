// @ts-check

/** Types of NAL units (H.264 table 7-1) that hold a picture. */
const SLICE = 1;
const IDR_SLICE = 5;

/**
 * @param {Uint8Array} data a frame as NAL units behind start codes (H.264 annex B)
 * @returns {number} where the header of its first slice is; -1: it has none
 */
export function findSlice(data) {
  for (let at = 3; at < data.length; at++) {
    if (data[at - 1] !== 1 || data[at - 2] !== 0 || data[at - 3] !== 0) continue;
    const type = (data[at] ?? 0) & 0x1f;
    if (type === SLICE || type === IDR_SLICE) return at;
  }
  return -1;
}

/**
 * Puts a 3 behind each pair of zeros that a byte up to 3 follows, so that nothing in it looks like a start code (H.264 7.4.1.1).
 *
 * @param {Uint8Array} data must not end in a zero
 * @returns {Uint8Array}
 */
export function escapeNal(data) {
  const out = new Uint8Array(data.length + Math.ceil(data.length / 2));
  let size = 0;
  let zeros = 0;
  for (const byte of data) {
    if (zeros === 2 && byte <= 3) {
      out[size++] = 3;
      zeros = 0;
    }
    out[size++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, size);
}

/**
 * Undoes `escapeNal`.
 *
 * @param {Uint8Array} data
 * @returns {Uint8Array}
 */
export function unescapeNal(data) {
  const out = new Uint8Array(data.length);
  let size = 0;
  let zeros = 0;
  for (const byte of data) {
    if (zeros === 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out[size++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return out.subarray(0, size);
}
