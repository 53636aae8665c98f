/** CRC-32 as NUT uses it: polynomial 0x04C11DB7, most significant bit first, start 0, no final inversion. */

const table = makeTable();

/**
 * Continues a NUT checksum over more bytes.
 * @param crc - the checksum so far; 0 at the start
 * @returns the new checksum, unsigned 32 bits; 0 for data that is followed by its own big-endian checksum
 * @see NUT format, "checksum"
 */
export function nutCrc(bytes: Uint8Array, crc = 0): number {
  let sum = crc;
  for (const byte of bytes) sum = (sum << 8) ^ (table[(sum >>> 24) ^ byte] ?? 0);
  return sum >>> 0;
}

function makeTable(): Int32Array {
  const entries = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let sum = i << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
    entries[i] = sum;
  }
  return entries;
}
