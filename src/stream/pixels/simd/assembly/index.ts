/** The loops over pixels, for WebAssembly SIMD. `../` calls them; each has a TypeScript twin that gives the same numbers. */
export { subtract, sumPairs, sumSingles, widenRow, writeChromaRow } from './compose';
export { fitChroma } from './guided';
export { halve } from './halve';
export { labToChroma } from './lab-chroma';
export { shrink } from './shrink';
