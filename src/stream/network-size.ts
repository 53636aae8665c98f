import type { Rational, SizePx } from '../frame.ts';
import { sideMultiple } from '../model/tables/network.ts';

/** Pictures wider than this times their short side are squeezed, so that memory stays bounded. */
const maxAspect = 4;

/**
 * The size at which the network sees a picture. The short side is fixed, the other follows from the picture's aspect as
 * it is shown; both are multiples of 8.
 * @param picture - stored size, pixels
 * @param aspect - width over height of one stored pixel; absent or 0 = square
 */
export function networkSize(picture: SizePx, shortSidePx: number, aspect?: Rational): SizePx {
  const pixelAspect = aspect && aspect.num > 0 && aspect.den > 0 ? aspect.num / aspect.den : 1;
  const ratio = (picture.widthPx * pixelAspect) / picture.heightPx;
  const long = (by: number): number =>
    Math.max(sideMultiple, Math.round((shortSidePx * Math.min(by, maxAspect)) / sideMultiple) * sideMultiple);
  return ratio >= 1
    ? { widthPx: long(ratio), heightPx: shortSidePx }
    : { widthPx: shortSidePx, heightPx: long(1 / ratio) };
}

/**
 * The size of the network's answer.
 * @param small - of the picture that the network sees
 * @param stride - how many times smaller the answer is, each way
 */
export function answerSize(small: SizePx, stride: number): SizePx {
  return { widthPx: small.widthPx / stride, heightPx: small.heightPx / stride };
}
