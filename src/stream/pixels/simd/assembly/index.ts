/**
 * The loops over pixels, for WebAssembly SIMD. `../` calls them. For each there is a TypeScript version that gives the
 * same numbers.
 */
export { subtract, sumPairs, sumSingles, widenRow, writeChromaPair, writeChromaRow } from './compose';
export { fitChromaRows } from './guided';
export { halvePicture } from './halve';
export { codeBlocks } from './jpeg';
export { labToChromaPlanes } from './lab-chroma';
export { countBelow, countMovingPixels, followPixels, halveColorPlanes, learnPixels, sumBytes } from './live';
export { padPicture, pickVectors, searchLevel, standStill } from './motion';
export { changeFrom, confide, darken, distanceTo, median, medianDifference } from './motion-change';
export { shrinkPlane } from './shrink';
export { blend, carry, carryBack, join } from './steady';
