import { rgbToLab } from '../../model/color/lab.ts';

/** Side of a cell, Lab units; its centre is a multiple. */
const cellLab = 10;
/** Colours are tried at this distance in each of R, G and B, levels of 255. */
const stepLevels = 3;

/**
 * Classes for all colours that sRGB can show: the cells of a grid of 10 Lab units that hold at least one of them. There
 * are 261. The 313 of Zhang et al. 2016 follow another rule, which the paper does not tell: some of theirs lie outside
 * of sRGB.
 * @returns a*, b* of each, `[classes, 2]`, sorted; a new array the caller owns
 */
export function gamutBins(): Float32Array {
  const cells = new Map<string, readonly [number, number]>();
  const lab = new Float32Array(3);
  for (let red = 0; red <= 255; red += stepLevels)
    for (let green = 0; green <= 255; green += stepLevels)
      for (let blue = 0; blue <= 255; blue += stepLevels) {
        // The surface is enough: each colour inside the cube has the a*, b* of one on it.
        if (![red, green, blue].some((level) => level === 0 || level === 255)) continue;
        rgbToLab(red / 255, green / 255, blue / 255, lab);
        const [a, b] = [cellOf(lab[1] ?? NaN), cellOf(lab[2] ?? NaN)];
        cells.set(`${a} ${b}`, [a, b]);
      }
  return Float32Array.from([...cells.values()].sort(([a, b], [c, d]) => a - c || b - d).flat());
}

/** Adding 0 turns -0 into 0. */
function cellOf(value: number): number {
  return Math.round(value / cellLab) * cellLab + 0;
}
