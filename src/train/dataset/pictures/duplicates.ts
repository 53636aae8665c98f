import { type SizePx, wholeRect } from '../../../frame.ts';
import { shrinkLuma } from '../../../stream/pixels/shrink.ts';

/** A perceptual hash of a picture, which finds copies of it. */
export interface PictureHash {
  /** the difference hash: whether each of 8 x 8 areas is brighter than its right neighbour */
  readonly bits: bigint;
  /** `[8 * 9]` luma that the hash was made from */
  readonly tiny: Uint8Array;
}

/** The hashes of two copies of a picture differ in at most this many bits, ... */
const nearBits = 4;
/**
 * ... and their luma by at most this many levels on average, because the hashes of two smooth pictures, such as skies,
 * may agree by chance.
 */
const nearLevels = 12;
/** One more than `nearBits`, so that two near hashes agree in at least one part. */
const parts = nearBits + 1;
const partBits = Math.ceil(64 / parts);
const tinySize: SizePx = { widthPx: 9, heightPx: 8 };

/**
 * @param luma - `[h * w]`, full range; not modified
 * @see https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html
 */
export function hashPicture(luma: Uint8Array, size: SizePx): PictureHash {
  const format = { ...size, bitDepth: 8, range: 'full' } as const;
  const tiny = shrinkLuma(luma, format, wholeRect(size), tinySize);
  let bits = 0n;
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const isBrighter = (tiny[9 * y + x] ?? 0) > (tiny[9 * y + x + 1] ?? 0);
      bits = (bits << 1n) | (isBrighter ? 1n : 0n);
    }
  }
  return { bits, tiny };
}

/** Finds near-duplicates among any number of pictures. It compares only hashes that share a part. */
export class DuplicateFinder {
  readonly #buckets = new Map<bigint, (PictureHash & { readonly name: string })[]>();

  /**
   * Takes the next picture.
   * @returns the name of an earlier picture that looks the same, if any; then this picture is not remembered
   */
  find(hash: PictureHash, name: string): string | undefined {
    const keys = bucketKeys(hash.bits);
    for (const key of keys) {
      const near = this.#buckets.get(key)?.find((other) => isNear(other, hash));
      if (near !== undefined) return near.name;
    }
    for (const key of keys) {
      const bucket = this.#buckets.get(key);
      if (bucket) bucket.push({ ...hash, name });
      else this.#buckets.set(key, [{ ...hash, name }]);
    }
    return undefined;
  }
}

function isNear(one: PictureHash, other: PictureHash): boolean {
  return bitCount(one.bits ^ other.bits) <= nearBits && meanDifference(one.tiny, other.tiny) <= nearLevels;
}

function meanDifference(one: Uint8Array, other: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += Math.abs((one[i] ?? 0) - (other[i] ?? 0));
  return sum / one.length;
}

function bucketKeys(bits: bigint): bigint[] {
  const mask = (1n << BigInt(partBits)) - 1n;
  return Array.from({ length: parts }, (_, part) => {
    const own = (bits >> BigInt(part * partBits)) & mask;
    return (own << 3n) | BigInt(part);
  });
}

function bitCount(bits: bigint): number {
  let count = 0;
  for (let rest = bits; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}
