import type { SizePx } from '../../frame.ts';
import type { FeatureMap } from './frozen-part.ts';

/**
 * Luma as a map of a record: for parts of a run that see whole pictures, although the encoder is not trained.
 * @param luma - `[h * w]` bytes
 * @returns bytes in floats; a new array the caller owns
 */
export function lumaMap(luma: Uint8Array, { widthPx, heightPx }: SizePx): FeatureMap {
  return { shape: [heightPx, widthPx, 1], data: Float32Array.from(luma) };
}
