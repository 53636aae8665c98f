import { chromaSize } from '../../frame.ts';
import { type FrameLayout, type FramePlanes } from './compose.ts';
import { toFullRange, type LumaPlane } from './shrink.ts';

/**
 * The picture is divided into this many cells in each direction, and each cell is sampled at this many chroma samples
 * in each direction.
 */
const columns = 64;
const rows = 36;
const samplesAcross = 4;
/** The number of luma bins. */
const bins = 32;

/**
 * Measures how far the chroma of a frame is from being a function of its luma. A gray picture and a tinted or toned one
 * (sepia: one hue whose strength follows the luma) give nearly 0, whatever the tint is. In a picture in colour, pixels
 * with the same luma have different colours.
 * @param planes - not modified
 * @returns the root mean square of the distance to the mean chroma of the same luma, in 8-bit steps, 0..181
 */
export function chromaSpread(planes: FramePlanes, layout: FrameLayout): number {
  if (isFlat(planes.cb) && isFlat(planes.cr)) return 0;
  const chroma = chromaSize(layout, layout.chroma);
  const stepX = layout.widthPx / chroma.widthPx;
  const stepY = layout.heightPx / chroma.heightPx;
  const { scale, offset } = toFullRange(layout);
  const unit = 1 / 2 ** (layout.bitDepth - 8);
  const sums = new Float64Array(4 * bins);
  const across = Math.min(columns * samplesAcross, chroma.widthPx);
  const down = Math.min(rows * samplesAcross, chroma.heightPx);
  for (let row = 0; row < down; row += samplesAcross) {
    for (let column = 0; column < across; column += samplesAcross) {
      let [y, cb, cr, count] = [0, 0, 0, 0];
      for (let i = row; i < Math.min(row + samplesAcross, down); i++) {
        const chromaY = Math.floor((i * chroma.heightPx) / down);
        const lumaRow = Math.floor(chromaY * stepY) * layout.widthPx;
        for (let j = column; j < Math.min(column + samplesAcross, across); j++) {
          const chromaX = Math.floor((j * chroma.widthPx) / across);
          y += planes.y[lumaRow + Math.floor(chromaX * stepX)]!;
          cb += planes.cb[chromaY * chroma.widthPx + chromaX]!;
          cr += planes.cr[chromaY * chroma.widthPx + chromaX]!;
          count++;
        }
      }
      const luma = (y / count) * scale + offset;
      const bin = Math.min(bins - 1, Math.max(0, Math.floor((luma * bins) / 256)));
      addTo(sums, 4 * bin, (cb / count) * unit, (cr / count) * unit);
    }
  }
  return spreadOf(sums);
}

/** Whether all samples are the same, as in most gray films: a comparison of the plane with itself, one sample later. */
function isFlat(plane: LumaPlane): boolean {
  const bytes = Buffer.from(plane.buffer, plane.byteOffset, plane.byteLength);
  const sampleBytes = plane.BYTES_PER_ELEMENT;
  return bytes.subarray(sampleBytes).equals(bytes.subarray(0, -sampleBytes));
}

/** For each bin: the number of samples, the sums of Cb and Cr, and the sum of their squares. */
function addTo(sums: Float64Array, at: number, cb: number, cr: number): void {
  sums[at]!++;
  sums[at + 1]! += cb;
  sums[at + 2]! += cr;
  sums[at + 3]! += cb * cb + cr * cr;
}

function spreadOf(sums: Float64Array): number {
  let squares = 0;
  let all = 0;
  for (let at = 0; at < sums.length; at += 4) {
    const count = sums[at]!;
    if (count === 0) continue;
    const [cb, cr] = [sums[at + 1]! / count, sums[at + 2]! / count];
    squares += Math.max(0, sums[at + 3]! - count * (cb * cb + cr * cr));
    all += count;
  }
  return all === 0 ? 0 : Math.sqrt(squares / all);
}
