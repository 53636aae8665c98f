import type { Mask } from '../../pixels/mask.ts';

/** A rectangle in shares of the picture, 0..1. */
export type MaskRectangle = Extract<Mask, { readonly x: number }>;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A drag that is shorter than this is a click, not a mask; a share of the picture. */
const leastSide = 0.01;
/** Masks keep four digits: a tenth of a pixel of a 1080p picture. */
const digits = 1e4;

/** The rectangle between two points of a drag, cut to the picture; undefined if it is too small to be meant. */
export function rectangleBetween(from: Point, to: Point): MaskRectangle | undefined {
  const [left, right] = sides(from.x, to.x);
  const [top, bottom] = sides(from.y, to.y);
  if (right - left < leastSide || bottom - top < leastSide) return undefined;
  return { x: rounded(left), y: rounded(top), width: rounded(right - left), height: rounded(bottom - top) };
}

/** The corners of a mask as the `points` of an SVG polygon whose view box is the picture: 0 0 1 1. */
export function polygonPoints(mask: Mask): string {
  return cornersOf(mask)
    .map(([x, y]) => `${x},${y}`)
    .join(' ');
}

/** Describes where a mask is, for a list. */
export function describeMask(mask: Mask): string {
  if (!('x' in mask)) return `polygon of ${mask.length} corners`;
  const [x, y, width, height] = [mask.x, mask.y, mask.width, mask.height].map((share) =>
    Math.round(share * 100),
  );
  return `${width} x ${height} % of the picture, ${x} % from the left, ${y} % from the top`;
}

function cornersOf(mask: Mask): readonly (readonly [number, number])[] {
  if (!('x' in mask)) return mask;
  const { x, y, width, height } = mask;
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

function sides(one: number, other: number): [number, number] {
  const [low, high] = one < other ? [one, other] : [other, one];
  return [Math.max(0, low), Math.min(1, high)];
}

function rounded(share: number): number {
  return Math.round(share * digits) / digits;
}
