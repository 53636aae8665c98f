/** Writes codes bit by bit; in a JPEG a zero follows each byte of ones. */
export class BitWriter {
  private bytes = new Uint8Array(4096);
  private length = 0;
  private waiting = 0;
  private filled = 0;

  /** @param codes - of `codesOf` */
  code(codes: Uint32Array, symbol: number): void {
    const code = codes[symbol]!;
    this.put(code >>> 5, code & 31);
  }

  /** A number after a run of zeros: the code of both, then the number's bits. */
  number(codes: Uint32Array, run: number, value: number): void {
    const size = 32 - Math.clz32(Math.abs(value));
    this.code(codes, run * 16 + size);
    this.put((value < 0 ? value - 1 : value) & ((1 << size) - 1), size);
  }

  /** Fills the last byte with ones. @returns all bytes */
  finish(): Uint8Array {
    if (this.filled > 0) this.put((1 << (8 - this.filled)) - 1, 8 - this.filled);
    return this.bytes.subarray(0, this.length);
  }

  /** @param bits - at most 16 */
  private put(value: number, bits: number): void {
    this.waiting = (this.waiting << bits) | value;
    this.filled += bits;
    for (; this.filled >= 8; this.filled -= 8) this.byte((this.waiting >> (this.filled - 8)) & 255);
    this.waiting &= (1 << this.filled) - 1;
  }

  private byte(byte: number): void {
    if (this.length + 2 > this.bytes.length) {
      const longer = new Uint8Array(2 * this.bytes.length);
      longer.set(this.bytes);
      this.bytes = longer;
    }
    this.bytes[this.length++] = byte;
    if (byte === 0xff) this.bytes[this.length++] = 0;
  }
}
