import type { RectPx, SizePx, YuvMatrix } from '../../frame.ts';
import { lightnessTable, labToCbCr } from '../../model/color/lab.ts';
import { composeChroma, type FrameLayout, type FramePlanes } from './compose.ts';
import { fitChroma, type ChromaModel } from './guided.ts';

/** The small picture with its colour. */
export interface ComposeJob {
  /** Full-range Y', `[h * w]` */
  readonly small: Uint8Array;
  /** `[2 * h * w]` a*, b* */
  readonly ab: Float32Array;
  /** `[h * w]` how sure each pixel's colour is */
  readonly weight: Float32Array;
  readonly size: SizePx;
  /** Half side of the window that chroma is fitted to luma in, small pixels; see `windowRadius` */
  readonly radiusPx: number;
  /** Chroma is multiplied by this: 0 = gray, 1 = as the network says */
  readonly saturation: number;
}

/**
 * Fills a frame's chroma planes from the small picture's colour: Lab to Cb, Cr, a linear model of luma in each
 * window, that model applied to the full-size luma.
 * @param planes - Y is read, Cb and Cr are written
 */
export function composeFrame(
  planes: FramePlanes,
  layout: FrameLayout,
  rect: RectPx,
  job: ComposeJob,
  matrix: YuvMatrix,
): void {
  composeChroma(planes, layout, rect, chromaModel(job, matrix), job.size);
}

/** Lab to Cb, Cr of the small picture, and the model of both as functions of luma; serves every size of a frame. */
export function chromaModel(job: ComposeJob, matrix: YuvMatrix): ChromaModel {
  const { cb, cr } = smallChroma(job, matrix);
  return fitChroma(job.small, cb, cr, job.weight, job.size, job.radiusPx);
}

/** Cb and Cr (-0.5..0.5) of the small picture. */
function smallChroma(job: ComposeJob, matrix: YuvMatrix): { cb: Float32Array; cr: Float32Array } {
  const count = job.small.length;
  const chroma = { cb: new Float32Array(count), cr: new Float32Array(count) };
  const { cb, cr } = chroma;
  const lightness = lightnessTable();
  const out = new Float32Array(2);
  for (let i = 0; i < count; i++) {
    labToCbCr(
      lightness[job.small[i]!]!,
      job.ab[i]! * job.saturation,
      job.ab[count + i]! * job.saturation,
      matrix,
      out,
    );
    cb[i] = out[0]!;
    cr[i] = out[1]!;
  }
  return chroma;
}
