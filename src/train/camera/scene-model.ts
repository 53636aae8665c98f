/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import type { SizePx } from '../../frame.ts';
import { lightnessTable } from '../../model/color/lab.ts';
import type { PicturePlanes } from '../dataset/pictures/picture-planes.ts';
import { movingLightness } from '../../evaluate/metrics/pixel-mask.ts';

/** What is usual at each point of a fixed camera's picture. */
export interface SceneModel {
  readonly size: SizePx;
  /** median L*, `[h * w]` */
  readonly lightness: Float32Array;
  /** mean absolute deviation of L* from the median where nothing is in front, at least 1, `[h * w]` */
  readonly spread: Float32Array;
  /** mean a*, b* where nothing is in front, `[2, h, w]` */
  readonly ab: Float32Array;
}

/** Further pictures hardly change a median. */
const medianOf = 61;

/**
 * Learns what is usual at each point from a camera's pictures.
 * @param pictures - of one size; not modified
 * @returns new arrays the caller owns
 */
export function learnSceneModel(pictures: readonly PicturePlanes[]): SceneModel {
  const [first] = pictures;
  if (first === undefined) throw new RangeError('a scene model needs at least one picture');
  const lightness = medianLightness(pictures);
  const pixels = lightness.length;
  const sums = {
    count: new Float64Array(pixels),
    strayed: new Float64Array(pixels),
    ab: new Float64Array(2 * pixels),
  };
  for (const { luma, ab } of pictures) {
    for (let i = 0; i < pixels; i++) {
      const off = Math.abs(table[luma[i]!]! - lightness[i]!);
      if (off > movingLightness) continue;
      sums.count[i]! += 1;
      sums.strayed[i]! += off;
      sums.ab[i]! += ab[i]!;
      sums.ab[pixels + i]! += ab[pixels + i]!;
    }
  }
  // The median itself is one of the values, so no count is 0.
  return {
    size: first.size,
    lightness,
    spread: Float32Array.from(sums.strayed, (sum, i) => Math.max(1, sum / sums.count[i]!)),
    ab: Float32Array.from(sums.ab, (sum, i) => sum / sums.count[i % pixels]!),
  };
}

/** The mean colour of each point over all pictures, moving things included, `[2, h, w]`: colouring without a network. */
export function meanColour(pictures: readonly PicturePlanes[]): Float32Array {
  const sum = new Float32Array(pictures[0]?.ab.length ?? 0);
  for (const { ab } of pictures) {
    for (let i = 0; i < sum.length; i++) sum[i]! += ab[i]! / pictures.length;
  }
  return sum;
}

/**
 * Median L* of each point, `[h * w]`, over evenly spread pictures. For an even number of pictures it is the lower of
 * the two middle values.
 */
function medianLightness(pictures: readonly PicturePlanes[]): Float32Array {
  const count = Math.min(medianOf, pictures.length);
  const chosen = Array.from(
    { length: count },
    (_, i) => pictures[Math.floor((i * pictures.length) / count)]!,
  );
  const values = new Uint8Array(count);
  return Float32Array.from({ length: chosen[0]?.luma.length ?? 0 }, (_, i) => {
    chosen.forEach(({ luma }, k) => (values[k] = luma[i]!));
    values.sort();
    return table[values[(count - 1) >> 1]!]!;
  });
}

const table = lightnessTable();
