import type { LumaFormat, RectPx, SizePx, YuvMatrix } from '../../frame.ts';
import { composeFrames, type ChromaTarget, type ComposeJob } from './compose.ts';
import { shrinkLuma, type LumaPlane, type RowChoice } from './shrink.ts';
import { composeInto } from './simd/compose.ts';
import { shrinkInto } from './simd/shrink.ts';
import { Workspace } from './simd/workspace.ts';

/** The work per pixel that is done for every frame. Both ways of doing it give the same numbers. */
export interface PixelMath {
  /** As `shrinkLuma`. */
  shrink(plane: LumaPlane, format: LumaFormat, rect: RectPx, size: SizePx, rows: RowChoice): Uint8Array;
  /** As `composeFrames`. */
  compose(targets: readonly ChromaTarget[], job: ComposeJob, matrix: YuvMatrix): void;
}

/** In TypeScript: runs everywhere, and says what is right. */
export const scalarMath: PixelMath = {
  shrink: shrinkLuma,
  compose: composeFrames,
};

/** In WebAssembly SIMD. @param work - arrays in its memory are worked on without copies */
export function simdMath(work: Workspace): PixelMath {
  return {
    shrink(plane, format, rect, size, rows) {
      const small = new Uint8Array(size.widthPx * size.heightPx);
      shrinkInto(work, plane, format, rect, rows, small, size);
      return small;
    },
    compose: (targets, job, matrix) => composeInto(work, targets, job, matrix),
  };
}

let own: PixelMath | undefined;

/** The fastest way on this machine, on a memory of this thread's own. */
export function pixelMath(): PixelMath {
  if (own) return own;
  const work = Workspace.own();
  own = work ? simdMath(work) : scalarMath;
  return own;
}
