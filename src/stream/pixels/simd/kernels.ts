/** The WebAssembly module of the loops over pixels (`assembly/`), and where it can run. */
import { existsSync, readFileSync } from 'node:fs';

/** Memory that several threads work on. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** @returns the previous number of pages */
  grow(pages: number): number;
}

/** Moves colour and weight along a motion; `ab` and `weight` are overwritten. */
type CarryKernel = (
  fromAb: number,
  fromWeight: number,
  source: number,
  confidence: number,
  count: number,
  ab: number,
  weight: number,
) => void;

/** The exports of the module. Pictures and tables are passed by their positions in its memory. */
export interface Kernels {
  halvePicture(picture: number, columns: number, rows: number, out: number): void;
  shrinkPlane(
    source: number,
    rowBytes: number,
    columns: number,
    down: number,
    rows: number,
    starts: number,
    weights: number,
    taps: number,
    outColumns: number,
    depth: number,
    scale: number,
    offset: number,
    means: number,
    out: number,
  ): void;
  medianDifference(a: number, b: number, count: number, bins: number): number;
  median(values: number, count: number, bins: number): number;
  darken(picture: number, count: number, levels: number, out: number): void;
  padPicture(picture: number, columns: number, rows: number, out: number): void;
  searchLevel(
    earlierPadded: number,
    laterPadded: number,
    columns: number,
    rows: number,
    reach: number,
    stillDifference: number,
    coarser: number,
    coarserAcross: number,
    coarserDown: number,
    vectors: number,
  ): number;
  pickVectors(
    earlierPadded: number,
    laterPadded: number,
    columns: number,
    rows: number,
    vectors: number,
    source: number,
  ): void;
  standStill(count: number, source: number): void;
  changeFrom(earlier: number, later: number, source: number, count: number, out: number): void;
  distanceTo(centre: number, values: number, count: number): void;
  confide(distances: number, columns: number, rows: number, table: number, line: number, out: number): number;
  readonly carry: CarryKernel;
  readonly carryBack: CarryKernel;
  join(pastAb: number, pastWeight: number, count: number, noWeight: number, ab: number, weight: number): void;
  blend(
    ab: number,
    weight: number,
    columns: number,
    rows: number,
    answer: number,
    answerColumns: number,
    answerRows: number,
    low: number,
    part: number,
    rowLow: number,
    rowPart: number,
    noWeight: number,
    mostAnswers: number,
    lines: number,
  ): void;
  followPixels(
    fromSource: number,
    fromConfidence: number,
    source: number,
    confidence: number,
    count: number,
    toSource: number,
    toConfidence: number,
  ): void;
  learnPixels(
    source: number,
    confidence: number,
    count: number,
    sure: number,
    rise: number,
    stillness: number,
    isLearning: number,
    share: number,
    ab: number,
    weight: number,
    background: number,
  ): void;
  halveColorPlanes(
    ab: number,
    weight: number,
    columns: number,
    rows: number,
    least: number,
    outAb: number,
    outWeight: number,
  ): void;
  countBelow(limit: number, values: number, count: number): number;
  countMovingPixels(source: number, confidence: number, count: number, least: number): number;
  sumBytes(bytes: number, count: number): number;
  codeBlocks(
    y: number,
    cb: number,
    cr: number,
    columns: number,
    rows: number,
    tables: number,
    block: number,
    out: number,
  ): number;
  labToChromaPlanes(
    luma: number,
    a: number,
    b: number,
    count: number,
    constants: number,
    curveOfLuma: number,
    srgb: number,
    cb: number,
    cr: number,
  ): void;
  fitChromaRows(
    luma: number,
    cb: number,
    cr: number,
    weight: number,
    columns: number,
    rows: number,
    radius: number,
    stride: number,
    flatness: number,
    leastWeight: number,
    perByte: number,
    share: number,
    scratch: number,
    out: number,
  ): void;
  widenRow(
    model: number,
    stride: number,
    width: number,
    low: number,
    part: number,
    columns: number,
    slopeGain: number,
    lumaOffset: number,
    scale: number,
    centre: number,
    quads: number,
    out: number,
    outStride: number,
  ): void;
  subtract(upper: number, lower: number, out: number, bytes: number): void;
  sumPairs(
    a: number,
    b: number,
    pairs: number,
    columns: number,
    edge: number,
    sampleBytes: number,
    out: number,
  ): void;
  sumSingles(a: number, b: number, columns: number, sampleBytes: number, out: number): void;
  writeChromaPair(
    upper: number,
    way: number,
    stride: number,
    part: number,
    a: number,
    b: number,
    pairs: number,
    least: number,
    most: number,
    cb: number,
    cr: number,
  ): number;
  writeChromaRow(
    upper: number,
    way: number,
    stride: number,
    part: number,
    luma: number,
    columns: number,
    least: number,
    most: number,
    sampleBytes: number,
    out: number,
  ): void;
}

/** Bytes of a page of WebAssembly's memory. */
export const pageBytes = 65536;
/** The pages that 32 bits can address. */
export const mostPages = 65536;

/** TypeScript has types for WebAssembly only among those for browsers. These are the parts that are used here. */
interface WebAssemblyApi {
  Memory: new (options: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
}

const { WebAssembly } = globalThis as typeof globalThis & { readonly WebAssembly?: WebAssemblyApi };
const file = new URL('./pixels.wasm', import.meta.url);
let compiled: object | false | undefined;

/** The module, or undefined if this machine has no SIMD or the module was not built. */
function compile(): object | undefined {
  compiled ??= tryCompile() ?? false;
  return compiled === false ? undefined : compiled;
}

function tryCompile(): object | undefined {
  if (!WebAssembly || !existsSync(file)) return undefined;
  try {
    return new WebAssembly.Module(readFileSync(file));
  } catch {
    return undefined; // an old processor: the loops in TypeScript do the same
  }
}

/**
 * Shared memory for pictures.
 * @returns undefined if there are no kernels or the system does not provide that much memory
 */
export function newSharedMemory(bytes: number, mostBytes = bytes): SharedMemory | undefined {
  const pages = (size: number): number => Math.ceil(size / pageBytes);
  if (!WebAssembly || !compile() || pages(mostBytes) > mostPages) return undefined;
  try {
    return new WebAssembly.Memory({ initial: pages(bytes), maximum: pages(mostBytes), shared: true });
  } catch {
    return undefined;
  }
}

/** Opens the kernels on a memory. @throws {RangeError} without kernels; `newSharedMemory` returns no memory then */
export function kernelsOn(memory: SharedMemory): Kernels {
  const module = compile();
  if (!WebAssembly || !module)
    throw new RangeError('expected the module of the pixel kernels but there is none');
  return new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels;
}
