/** Between gray pictures, the numbers that an imported network takes and returns, and a*, b*. */
import type { SizePx } from '../../frame.ts';
import { lightnessTable, rgbToLab } from '../color/lab.ts';
import type { InputForm, OutputForm } from './forms.ts';
import { resample } from './resample.ts';

/** Colour as an imported network returned it. */
export interface RawColor {
  /** `[channels, heightPx, widthPx]` */
  readonly values: Float32Array;
  readonly channels: number;
  readonly size: SizePx;
}

/** The channels of a form. */
export function channelsOf(form: InputForm | OutputForm): 1 | 2 | 3 {
  if (form.startsWith('rgb')) return 3;
  return form.startsWith('ab') ? 2 : 1;
}

/**
 * Turns luma into an imported network's input.
 * @param luma - `[heightPx * widthPx]` full-range bytes; not modified
 * @returns `[channels, heightPx, widthPx]`, a new array the caller owns
 */
export function inputValues(luma: Uint8Array, form: InputForm): Float32Array {
  const values = levelsOf(form);
  const channels = channelsOf(form);
  const out = new Float32Array(channels * luma.length);
  for (let i = 0; i < luma.length; i++) out[i] = values[luma[i]!]!;
  for (let c = 1; c < channels; c++) out.copyWithin(c * luma.length, 0, luma.length);
  return out;
}

/** The value of each luma byte. Gray in Lab is gray in R'G'B', so (L, 0, 0) needs no conversion. */
function levelsOf(form: InputForm): Float32Array {
  if (form === 'rgb-0..255') return Float32Array.from({ length: 256 }, (_, luma) => luma);
  if (form === 'rgb-0..1') return Float32Array.from({ length: 256 }, (_, luma) => luma / 255);
  const lightness = lightnessTable();
  if (form === 'L') return lightness;
  return lightness.map((value) => (form === 'L-50' ? value - 50 : (value - 50) / 100));
}

/** a*, b* have no larger size than this in sRGB. */
const mostChroma = 128;

/**
 * Turns an imported network's output into a*, b* of another size.
 * @returns `[2, size.heightPx, size.widthPx]`, a new array the caller owns. What is no number becomes gray, and larger
 *   values than exist become the largest one
 */
export function abOf(raw: RawColor, form: OutputForm, size: SizePx): Float32Array {
  const ab =
    channelsOf(form) === 3 ? abOfRgb(raw, form === 'rgb-0..255' ? 255 : 1) : scaled(raw.values, form);
  const count = raw.size.widthPx * raw.size.heightPx;
  const out = new Float32Array(2 * size.widthPx * size.heightPx);
  out.set(resample(ab.subarray(0, count), raw.size, size));
  out.set(resample(ab.subarray(count), raw.size, size), out.length / 2);
  return out;
}

function scaled(values: Float32Array, form: OutputForm): Float32Array {
  const scale = form === 'ab' ? 1 : form === 'ab/110' ? 110 : 128;
  return values.map((value) => bounded(value * scale));
}

function bounded(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-mostChroma, Math.min(mostChroma, value));
}

function abOfRgb({ values, size }: RawColor, white: number): Float32Array {
  const count = size.widthPx * size.heightPx;
  const out = new Float32Array(2 * count);
  const lab = new Float32Array(3);
  const part = (i: number): number => {
    const value = values[i]! / white;
    return value > 0 ? Math.min(value, 1) : 0; // also for NaN
  };
  for (let i = 0; i < count; i++) {
    rgbToLab(part(i), part(count + i), part(2 * count + i), lab);
    out[i] = lab[1]!;
    out[count + i] = lab[2]!;
  }
  return out;
}
