import type { SizePx } from '../../../frame.ts';

/** Size of the thumbnails in which frames of a film are compared. */
export const thumbnailSize: SizePx = { widthPx: 64, heightPx: 36 };
/** A pixel has changed if its luma differs by more than this, ... */
const changedLevels = 10;
/** ... and a picture has changed if this share of its pixels has. One person at the far end of a yard is enough. */
const changedPart = 0.005;

/**
 * Whether a film's picture equals an earlier one except for noise. A hash is not enough, because all pictures of a
 * fixed camera have the same hash.
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
