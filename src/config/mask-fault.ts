import type { MaskConfig } from './schema.ts';

/** Shares of the picture; smaller than a pixel of 8K. */
const leastArea = 1e-7;

/**
 * Says what is wrong with a mask whose numbers are in range: it would hide nothing, or not what was meant. undefined:
 * nothing.
 */
export function maskFault(mask: MaskConfig): string | undefined {
  if (Array.isArray(mask)) {
    return areaOf(mask) < leastArea
      ? 'expected a polygon with an area but got points on one line'
      : undefined;
  }
  const { x, y, width, height } = mask;
  if (width * height < leastArea)
    return `expected a width and a height above 0 but got ${width} and ${height}`;
  const overshoot = Math.max(x + width, y + height) - 1;
  return overshoot > 1e-9
    ? `expected x + width and y + height of at most 1 but got ${round(x + width)} and ${round(y + height)}`
    : undefined;
}

/**
 * Area of the largest triangle of the first point and two others: 0 only if all points are on one line, also for
 * crossing sides.
 */
function areaOf(points: readonly (readonly [number, number])[]): number {
  const [originX, originY] = points[0] ?? [0, 0];
  let largest = 0;
  for (const [ax, ay] of points) {
    for (const [bx, by] of points) {
      largest = Math.max(
        largest,
        Math.abs((ax - originX) * (by - originY) - (bx - originX) * (ay - originY)),
      );
    }
  }
  return largest / 2;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
