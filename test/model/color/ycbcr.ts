import test, { type ExecutionContext } from 'ava';
import type { LumaRange, YuvMatrix } from '../../../src/frame.ts';
import { rgbToCbCr, ycbcrToRgb } from '../../../src/model/color/ycbcr.ts';

type Triple = readonly [number, number, number];

/** Codes of the 100% colour bars: ITU-R BT.601 (as in SMPTE EG 1), BT.709, BT.2020 at 10 bit (ITU-R BT.2111). */
const hasCodes = test.macro({
  exec(
    t: ExecutionContext,
    rgb: Triple,
    matrix: YuvMatrix,
    bits: number,
    range: LumaRange,
    cb: number,
    cr: number,
  ) {
    const out = new Float32Array(2);
    rgbToCbCr(...rgb, matrix, out);
    t.deepEqual([codeOf(out[0]!, bits, range), codeOf(out[1]!, bits, range)], [cb, cr]);
  },
  title: (_, rgb, matrix, bits, range, cb, cr) =>
    `${rgb.join(', ')} in ${matrix} at ${bits} bit ${range} is Cb ${cb}, Cr ${cr}`,
});

/** Converts a colour difference to an n-bit sample: ITU-T H.273, equations 30 to 38. */
function codeOf(difference: number, bits: number, range: LumaRange): number {
  const unit = 2 ** (bits - 8);
  const most = 256 * unit - 1;
  const scale = range === 'limited' ? 224 * unit : most;
  return Math.min(most, Math.round(128 * unit + scale * difference));
}

test(hasCodes, [1, 0, 0], 'bt601', 8, 'limited', 90, 240);
test(hasCodes, [0, 0, 1], 'bt601', 8, 'limited', 240, 110);
test(hasCodes, [0, 1, 0], 'bt601', 8, 'limited', 54, 34);
test(hasCodes, [1, 1, 0], 'bt601', 8, 'limited', 16, 146);
test(hasCodes, [1, 0, 0], 'bt709', 8, 'limited', 102, 240);
test(hasCodes, [0, 1, 0], 'bt709', 8, 'limited', 42, 26);
test(hasCodes, [0, 0, 1], 'bt709', 10, 'limited', 960, 471);
test(hasCodes, [1, 0, 0], 'bt2020', 10, 'limited', 387, 960);
test(hasCodes, [1, 0, 0], 'bt601', 8, 'full', 85, 255);
test(hasCodes, [0, 0, 1], 'bt601', 8, 'full', 255, 107);
test(hasCodes, [1, 1, 1], 'bt709', 12, 'full', 2048, 2048);

test('luma and chroma are converted back to the original colour', (t) => {
  const chroma = new Float32Array(2);
  const rgb = new Float32Array(3);
  rgbToCbCr(0.2, 0.7, 0.4, 'bt709', chroma);
  ycbcrToRgb(0.2126 * 0.2 + 0.7152 * 0.7 + 0.0722 * 0.4, chroma[0]!, chroma[1]!, 'bt709', rgb);
  [0.2, 0.7, 0.4].forEach((value, i) => t.true(Math.abs(rgb[i]! - value) < 1e-6));
});
