/** The tables of a baseline JPEG. @see ITU-T T.81, annex K.3 for the codes */

/** The order in which coefficients are written: the place, row by row, of each. */
export const zigzag: readonly number[] = zigzagOrder();

/** MPEG's matrix for intra blocks, row by row: ffmpeg's JPEGs use it for luma and chroma. */
const matrix = [
  [8, 16, 19, 22, 26, 27, 29, 34],
  [16, 16, 22, 24, 27, 29, 34, 37],
  [19, 22, 26, 27, 29, 34, 34, 38],
  [22, 22, 26, 27, 29, 34, 37, 40],
  [22, 26, 27, 29, 32, 35, 40, 48],
  [26, 27, 29, 32, 35, 40, 48, 58],
  [26, 27, 29, 34, 38, 46, 56, 69],
  [27, 29, 35, 38, 46, 56, 69, 83],
].flat();

/** The steps of the coefficients, row by row. @param quality - as ffmpeg's `-q:v`: 2 (best) to 31 */
export function quantizers(quality: number): readonly number[] {
  return matrix.map((step, i) => (i === 0 ? step : Math.max(1, Math.min(255, (step * quality) >> 3))));
}

/** A Huffman table: how many codes there are of each length from 1 to 16 bits, and their symbols. */
export interface HuffmanTable {
  readonly counts: readonly number[];
  readonly symbols: readonly number[];
}

const sizes = Array.from({ length: 12 }, (_, size) => size);

export const lumaDc: HuffmanTable = {
  counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
  symbols: sizes,
};

export const chromaDc: HuffmanTable = {
  counts: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
  symbols: sizes,
};

export const lumaAc: HuffmanTable = {
  counts: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
  symbols: bytesOf(
    '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a' +
      '25262728292a3435363738393a434445464748494a535455565758595a636465666768696a73747576777879' +
      '7a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9' +
      'cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
  ),
};

export const chromaAc: HuffmanTable = {
  counts: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
  symbols: bytesOf(
    '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f117' +
      '18191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778' +
      '797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7' +
      'c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa',
  ),
};

/** The code of each symbol and its number of bits: `code * 32 + bits`, 0 for symbols without a code. */
export function codesOf({ counts, symbols }: HuffmanTable): Uint32Array {
  const codes = new Uint32Array(256);
  let code = 0;
  let at = 0;
  counts.forEach((count, i) => {
    for (let k = 0; k < count; k++) codes[symbols[at++]!] = code++ * 32 + i + 1;
    code *= 2;
  });
  return codes;
}

/** What `codePlanes` looks up. */
export interface CodingTables {
  /** By which each coefficient is multiplied, in 1/32768, `[64]`; a line has those of one horizontal frequency. */
  readonly factors: Int16Array;
  /** By which each coefficient moves towards 0 first, so that small ones vanish, `[64]`. */
  readonly margins: Int16Array;
  /** For each place in a block with such lines: when its coefficient is written, `[64]`. */
  readonly order: Uint8Array;
  /** The place of each coefficient in the order in which they are written, `[64]`. */
  readonly places: Uint8Array;
  readonly lumaDc: Uint32Array;
  readonly chromaDc: Uint32Array;
  readonly lumaAc: Uint32Array;
  readonly chromaAc: Uint32Array;
  /** All of them one after the other, as the kernel reads them. */
  readonly packed: Uint8Array;
}

/** The transform multiplies the coefficients by this number. */
const transformGain = 8;
/** As in ffmpeg, a coefficient counts if it is larger than 5/8 of its step: JPEGs are a tenth smaller than with 1/2. */
const margin = 1 / 8;
const made = new Map<number, CodingTables>();

/** @param quality - as ffmpeg's `-q:v`: 2 (best) to 31 */
export function codingTables(quality: number): CodingTables {
  const known = made.get(quality);
  if (known) return known;
  const tables = makeTables(quality);
  made.set(quality, tables);
  return tables;
}

function makeTables(quality: number): CodingTables {
  const packed = new Uint8Array(2560);
  const tables = {
    factors: new Int16Array(packed.buffer, 0, 64),
    margins: new Int16Array(packed.buffer, 128, 64),
    order: packed.subarray(256, 320),
    places: packed.subarray(320, 384),
    lumaDc: new Uint32Array(packed.buffer, 384, 16),
    chromaDc: new Uint32Array(packed.buffer, 448, 16),
    lumaAc: new Uint32Array(packed.buffer, 512, 256),
    chromaAc: new Uint32Array(packed.buffer, 1536, 256),
    packed,
  };
  const steps = quantizers(quality);
  zigzag.forEach((natural, k) => {
    const place = (natural & 7) * 8 + (natural >> 3);
    const step = transformGain * steps[natural]!;
    tables.factors[place] = Math.round(32768 / step);
    tables.margins[place] = natural === 0 ? 0 : Math.round(step * margin);
    tables.order[place] = k;
    tables.places[k] = place;
  });
  tables.lumaDc.set(codesOf(lumaDc).subarray(0, 16));
  tables.chromaDc.set(codesOf(chromaDc).subarray(0, 16));
  tables.lumaAc.set(codesOf(lumaAc));
  tables.chromaAc.set(codesOf(chromaAc));
  return tables;
}

function bytesOf(hex: string): readonly number[] {
  return [...Buffer.from(hex, 'hex')];
}

function zigzagOrder(): readonly number[] {
  const places = Array.from({ length: 64 }, (_, i) => i);
  const diagonal = (place: number): number => (place >> 3) + (place & 7);
  const along = (place: number): number => (diagonal(place) % 2 === 0 ? place & 7 : place >> 3);
  return places.sort((a, b) => diagonal(a) - diagonal(b) || along(a) - along(b));
}
