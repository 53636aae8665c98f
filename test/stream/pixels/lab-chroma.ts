import test from 'ava';
import type { YuvMatrix } from '../../../src/frame.ts';
import { labToRgb, lightnessTable } from '../../../src/model/color/lab.ts';
import { rgbToCbCr } from '../../../src/model/color/ycbcr.ts';
import { labChroma, labToChroma } from '../../../src/stream/pixels/lab-chroma.ts';
import { seededRandom } from '../../helpers/seeded.ts';

for (const matrix of ['bt601', 'bt709', 'bt2020'] as const) {
  test(`the fast chroma of ${matrix} is within 0.02 of an 8-bit step of the formulas, outside sRGB too`, (t) => {
    const random = seededRandom(6);
    const count = 30_000;
    const luma = Uint8Array.from({ length: count }, () => random() * 256);
    const ab = Float32Array.from({ length: 2 * count }, () => random() * 220 - 110);
    const fast = chromaOf(luma, ab, matrix);
    const lightness = lightnessTable();
    const rgb = new Float32Array(3);
    const exact = new Float32Array(2);
    let worst = 0;
    for (let i = 0; i < count; i++) {
      labToRgb(lightness[luma[i]!]!, ab[i]!, ab[count + i]!, rgb);
      rgbToCbCr(rgb[0]!, rgb[1]!, rgb[2]!, matrix, exact);
      worst = Math.max(worst, Math.abs(fast.cb[i]! - exact[0]!), Math.abs(fast.cr[i]! - exact[1]!));
    }
    t.true(worst * 255 < 0.02, `worst is ${worst * 255} of a step`);
  });
}

test('gray has no chroma', (t) => {
  const luma = Uint8Array.from({ length: 256 }, (_, i) => i);
  const { cb, cr } = chromaOf(luma, new Float32Array(512), 'bt709');
  t.true([...cb, ...cr].every((value) => Math.abs(value) * 255 < 0.02));
});

function chromaOf(
  luma: Uint8Array,
  ab: Float32Array,
  matrix: YuvMatrix,
): { cb: Float32Array; cr: Float32Array } {
  const chroma = { cb: new Float32Array(luma.length), cr: new Float32Array(luma.length) };
  labToChroma(luma, ab, labChroma(matrix, 1), chroma.cb, chroma.cr);
  return chroma;
}
