/**
 * Heights that pictures are made in, pixels. Viewers ask for any; each height costs a scaler and an encoder, so that
 * their number has to be bounded, and neighbours share.
 */
const heightsPx = [90, 120, 144, 180, 240, 288, 360, 432, 480, 540, 576, 648, 720, 900, 1080, 1440, 2160];

/**
 * The greatest height that is made and not above what was asked for and what is allowed.
 * @param requestedPx - undefined: as high as allowed
 */
export function servedHeight(requestedPx: number | undefined, atMostPx: number): number {
  const limitPx = Math.min(requestedPx ?? atMostPx, atMostPx);
  if (limitPx === atMostPx) return atMostPx;
  return heightsPx.findLast((heightPx) => heightPx <= limitPx) ?? Math.min(90, atMostPx);
}
