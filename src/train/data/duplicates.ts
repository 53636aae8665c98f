import { wholePicture } from '../../stream/pixels/rect.ts';
import { shrinkLuma } from '../../stream/pixels/shrink.ts';
import type { SizePx } from '../../frame.ts';

/** Bits in which the hashes of two copies of one picture may differ. */
const nearBits = 4;
/** One more than `nearBits`: two near hashes agree in one part at least. */
const parts = nearBits + 1;
const partBits = Math.ceil(64 / parts);

/** Side lengths of the copy that frames of a film are compared in. */
export const thumbnailSize: SizePx = { widthPx: 64, heightPx: 36 };
/** A pixel of it has changed when its luma differs by more than this ... */
const changedLevels = 10;
/** ... and the picture when this part of its pixels has. */
const changedPart = 0.005;

/**
 * The difference hash of a picture: whether each of 8 x 8 areas is brighter than its right neighbour.
 * @param luma - `[h * w]`; not modified
 * @see https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html
 */
export function differenceHash(luma: Uint8Array, size: SizePx): bigint {
  const tiny = shrinkLuma(luma, { ...size, bitDepth: 8, range: 'full' }, wholePicture(size), {
    widthPx: 9,
    heightPx: 8,
  });
  let hash = 0n;
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const isBrighter = (tiny[9 * y + x] ?? 0) > (tiny[9 * y + x + 1] ?? 0);
      hash = (hash << 1n) | (isBrighter ? 1n : 0n);
    }
  }
  return hash;
}

/** Finds near-duplicates among any number of pictures: only hashes that share a part are compared. */
export class DuplicateFinder {
  readonly #buckets = new Map<bigint, { hash: bigint; name: string }[]>();

  /**
   * Shows the next picture.
   * @returns the name of an earlier one that looks the same; then this one is not remembered
   */
  find(hash: bigint, name: string): string | undefined {
    const keys = bucketKeys(hash);
    for (const key of keys) {
      const near = this.#buckets.get(key)?.find((other) => bitCount(other.hash ^ hash) <= nearBits);
      if (near !== undefined) return near.name;
    }
    for (const key of keys) {
      const bucket = this.#buckets.get(key);
      if (bucket) bucket.push({ hash, name });
      else this.#buckets.set(key, [{ hash, name }]);
    }
    return undefined;
  }
}

/**
 * Whether a film's picture is the same as an earlier one but for noise: too little of it has changed. A hash would
 * not do: before a camera that stands still every picture has the same.
 * @param earlier - thumbnail's luma, `[36 * 64]`
 * @param later - likewise
 */
export function isUnchanged(earlier: Uint8Array, later: Uint8Array): boolean {
  let changed = 0;
  for (let i = 0; i < later.length; i++) {
    if (Math.abs((later[i] ?? 0) - (earlier[i] ?? 0)) > changedLevels) changed++;
  }
  return changed < changedPart * later.length;
}

function bucketKeys(hash: bigint): bigint[] {
  const mask = (1n << BigInt(partBits)) - 1n;
  return Array.from({ length: parts }, (_, part) => {
    const bits = (hash >> BigInt(part * partBits)) & mask;
    return (bits << 3n) | BigInt(part);
  });
}

function bitCount(bits: bigint): number {
  let count = 0;
  for (let rest = bits; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}
