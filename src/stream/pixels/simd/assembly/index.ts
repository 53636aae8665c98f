/** The loops over pixels, for WebAssembly SIMD. `../` calls them; each has a TypeScript twin that gives the same numbers. */
export { subtract, sumPairs, sumSingles, widenRow, writeChromaRow } from './compose';
export { fitChromaRows } from './guided';
export { labToChromaPlanes } from './lab-chroma';
export { shrinkPlane } from './shrink';
