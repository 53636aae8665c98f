import type { SizePx } from '../../../frame.ts';

/** Side lengths of the copy that frames of a film are compared in. */
export const thumbnailSize: SizePx = { widthPx: 64, heightPx: 36 };
/** A pixel of it has changed when its luma differs by more than this ... */
const changedLevels = 10;
/** ... and the picture when this share of its pixels has: one person at the far end of a yard. */
const changedPart = 0.005;

/**
 * Whether a film's picture equals an earlier one except for noise. A hash is not enough: all pictures of a camera that
 * stands still have the same hash.
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
