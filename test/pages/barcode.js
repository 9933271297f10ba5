/**
 * Draws a frame number as 2 rows of 16 cells over the whole width, each row 1/24 of the width high: 24 bits of number, then 8
 * bits of CRC, the most significant bit first, white = 1. `test/probe/barcode.ts` is the other half.
 */
export function drawBarcode(context, number, width) {
  const bits = BigInt(number & 0xffffff) * 256n + BigInt(crc8(number));
  for (let cell = 0; cell < 32; cell += 1) {
    const left = Math.round(((cell % 16) * width) / 16);
    const right = Math.round((((cell % 16) + 1) * width) / 16);
    const top = Math.round((Math.floor(cell / 16) * width) / 24);
    const bottom = Math.round(((Math.floor(cell / 16) + 1) * width) / 24);
    context.fillStyle = (bits >> BigInt(31 - cell)) & 1n ? '#fff' : '#000';
    context.fillRect(left, top, right - left, bottom - top);
  }
}

function crc8(number) {
  let crc = 0xff;
  for (const shift of [16, 8, 0]) {
    crc ^= (number >> shift) & 0xff;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : (crc << 1) & 0xff;
  }
  return crc;
}
