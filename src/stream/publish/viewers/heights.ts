/**
 * The heights in which pictures are made, pixels. Viewers may ask for any height, but each one costs a scaler and an
 * encoder. This list bounds their number and lets viewers share.
 */
const heightsPx = [90, 120, 144, 180, 240, 288, 360, 432, 480, 540, 576, 648, 720, 900, 1080, 1440, 2160];

/**
 * Picks the greatest height of the list that exceeds neither the request nor the limit.
 * @param requestedPx - undefined: as high as allowed
 */
export function servedHeight(requestedPx: number | undefined, atMostPx: number): number {
  const limitPx = Math.min(requestedPx ?? atMostPx, atMostPx);
  if (limitPx === atMostPx) return atMostPx;
  return heightsPx.findLast((heightPx) => heightPx <= limitPx) ?? Math.min(90, atMostPx);
}

/** The heights in which video is encoded for dashboards, pixels: each costs an encoder. */
const videoHeightsPx = [360, 720, 1080] as const;

/** Picks the smallest height of video that fills the request, within the limit. */
export function videoHeight(requestedPx: number, maxPx: number): number {
  const heightPx = videoHeightsPx.find((each) => each >= requestedPx) ?? 1080;
  return Math.min(heightPx, maxPx);
}
