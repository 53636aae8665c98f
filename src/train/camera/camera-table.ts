import { AppError } from '../../errors.ts';
import { compareFrames, type FrameComparison } from '../../evaluate/compare-frames.ts';
import type { PicturePlanes } from '../dataset/pictures/picture-planes.ts';
import { lightnessTable } from '../../model/color/lab.ts';
import { colourPicture, grayPicture } from '../learn/colour-picture.ts';
import { shownPicture } from '../learn/shown-picture.ts';
import { movingMask } from '../../evaluate/metrics/pixel-mask.ts';

/** The rows of a camera's table, and the order in which they are shown. */
export const cameraRows = ['gray', 'meanColour', 'before', 'after', 'truth'] as const;

export type CameraRow = (typeof cameraRows)[number];

/** Each row over all pixels of the held-out pictures, and over the pixels where something moves. */
export type CameraTable = Readonly<Record<CameraRow, FrameComparison>>;

/** Coloured pictures, `[h * w * 3]` sRGB each. */
export interface CameraPictures {
  readonly before: readonly Uint8Array[];
  readonly after: readonly Uint8Array[];
}

/**
 * Compares a camera's own model with the previous model, on pictures that it was not trained on.
 * @param heldOut - the truth
 * @param meanColour - mean a*, b* of the training part, `[2, h, w]`: colour without a network, shown like a network's
 *   answer; on a fixed camera it is hard to beat
 * @param median - median L* of the training part, `[h * w]`: a pixel further than 8 from it moves
 */
export function compareCamera(
  heldOut: readonly PicturePlanes[],
  { before, after }: CameraPictures,
  { meanColour, median }: { readonly meanColour: Float32Array; readonly median: Float32Array },
): CameraTable {
  const masks = heldOut.map(({ luma }) =>
    movingMask(
      Float32Array.from(luma, (byte) => lightness[byte] ?? 0),
      median,
    ),
  );
  return compareFrames(
    heldOut.map(({ luma, ab }) => colourPicture(luma, ab)),
    {
      gray: heldOut.map(({ luma }) => grayPicture(luma)),
      meanColour: heldOut.map(({ luma, size }) => {
        return shownPicture(luma, meanColour, [size.heightPx, size.widthPx], size);
      }),
      before,
      after,
    },
    masks,
  );
}

/**
 * Why a camera's model must not be used: a sentence for each figure that has not improved.
 * @returns empty if it is better
 */
export function faultsOf(table: CameraTable): string[] {
  const wanted = [
    ['all', 'before'],
    ['all', 'gray'],
    ['masked', 'before'],
  ] as const;
  return wanted.flatMap(([pixels, row]) => {
    const after = table.after[pixels];
    const other = table[row][pixels];
    const where = pixels === 'all' ? 'over all pixels' : 'where something moves';
    return [
      ...worse(
        after.psnrDb,
        other.psnrDb,
        `PSNR ${where} is ${text(after.psnrDb)} dB, of ${rowNames[row]} ${text(other.psnrDb)} dB`,
      ),
      ...worse(
        negative(after.ciede2000),
        negative(other.ciede2000),
        `ΔE00 ${where} is ${text(after.ciede2000)}, of ${rowNames[row]} ${text(other.ciede2000)}`,
      ),
    ];
  });
}

/** The rows' names for people. */
export const rowNames: Readonly<Record<CameraRow, string>> = {
  gray: 'gray',
  meanColour: 'mean colour, no network',
  before: 'the previous model',
  after: "the camera's model",
  truth: 'truth',
};

/** The error for a model that is not better. */
export function notBetter(name: string, faults: readonly string[]): AppError {
  return new AppError(
    'MODEL_MISMATCH',
    `camera "${name}": its model was not installed because it is not better on the held-out footage: ${faults.join('; ')}`,
    { cure: 'give more daytime footage of the same view, or keep the present model' },
  );
}

function worse(after: number | null, before: number | null, sentence: string): string[] {
  return after !== null && before !== null && after <= before ? [sentence] : [];
}

function negative(value: number | null): number | null {
  return value === null ? null : -value;
}

function text(value: number | null): string {
  return value === null ? 'unknown' : value.toFixed(2);
}

const lightness = lightnessTable();
