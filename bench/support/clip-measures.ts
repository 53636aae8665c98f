import { AppError } from '../../src/errors.ts';
import type { SizePx } from '../../src/frame.ts';
import { ChromaFlicker } from '../../src/train/metrics/chroma-flicker.ts';
import { meanCiede2000 } from '../../src/train/metrics/ciede2000.ts';
import { ColourConsistency } from '../../src/train/metrics/colour-consistency.ts';
import { colourfulness } from '../../src/train/metrics/colourfulness.ts';
import { createLabPicture, fillLab, labOfRgb } from '../../src/train/metrics/lab-picture.ts';
import { medianPlane, MovingChroma, type MovingChromaResult } from '../../src/train/metrics/moving-chroma.ts';
import { psnrDb } from '../../src/train/metrics/psnr.ts';
import { ssimRgb } from '../../src/train/metrics/ssim.ts';
import { probeSize, readRgbFrames } from './rgb-frames.ts';

/** Figures of one version of a clip: the program's output, the gray input, or the truth itself. */
export interface VersionMeasures {
  /** Mean over the frames of RGB PSNR to the truth, dB. */
  readonly psnrDb: number;
  readonly ssim: number;
  readonly ciede2000: number;
  readonly colourfulness: number;
  /** Colour distribution consistency; the truth's own value is the aim. */
  readonly cdc: number;
  /** Lab units a frame. */
  readonly flicker: number;
  readonly moving: MovingChromaResult;
}

/** One clip measured. */
export interface ClipMeasures {
  readonly frames: number;
  readonly output: VersionMeasures;
  readonly gray: VersionMeasures;
  readonly truth: VersionMeasures;
}

/** Three versions of one clip, of equal size and frame count. */
export interface ClipFiles {
  readonly truth: string;
  readonly gray: string;
  readonly output: string;
}

/** Called with each frame of the three versions, RGB interleaved; must not keep them changed. */
export type FrameVisitor = (
  index: number,
  frame: { readonly truth: Uint8Array; readonly gray: Uint8Array; readonly output: Uint8Array },
) => void;

/**
 * Measures a colourized clip against its truth, holding three frames and the median at a time.
 * @param files - of one clip
 * @param options - `every`: SSIM and CIEDE2000, the slow ones, look at one frame in so many;
 *   `visit`: sees each frame, for contact sheets
 * @returns figures of output, gray and truth
 * @throws {AppError} `INPUT_DAMAGED` when the three have not the same number of frames or size
 */
export async function measureClip(
  files: ClipFiles,
  options: { readonly every?: number; readonly visit?: FrameVisitor } = {},
): Promise<ClipMeasures> {
  const size = await probeSize(files.truth);
  await requireSize(files.gray, size);
  await requireSize(files.output, size);
  const median = await medianLightness(files.gray, size);
  const pixels = size.widthPx * size.heightPx;
  const [truthLab, grayLab, outputLab] = [pixels, pixels, pixels].map(createLabPicture) as [Lab, Lab, Lab];
  const meters = {
    truth: new VersionMeter(size, median),
    gray: new VersionMeter(size, median),
    output: new VersionMeter(size, median),
  };
  const gray = readRgbFrames(files.gray, size);
  const output = readRgbFrames(files.output, size);
  let index = 0;
  try {
    for await (const truthRgb of readRgbFrames(files.truth, size)) {
      const grayRgb = await nextFrame(gray, files.gray, index);
      const outputRgb = await nextFrame(output, files.output, index);
      options.visit?.(index, { truth: truthRgb, gray: grayRgb, output: outputRgb });
      fillLab(truthRgb, truthLab);
      fillLab(grayRgb, grayLab);
      fillLab(outputRgb, outputLab);
      const shared = {
        truthRgb,
        truthLab,
        lightness: grayLab.l,
        isDetailed: index % (options.every ?? 1) === 0,
      };
      meters.truth.add({ ...shared, rgb: truthRgb, lab: truthLab });
      meters.gray.add({ ...shared, rgb: grayRgb, lab: grayLab });
      meters.output.add({ ...shared, rgb: outputRgb, lab: outputLab });
      index += 1;
    }
    await requireEnd(gray, files.gray, index);
    await requireEnd(output, files.output, index);
  } finally {
    await Promise.all([gray.return(undefined), output.return(undefined)]);
  }
  return {
    frames: index,
    output: meters.output.value(),
    gray: meters.gray.value(),
    truth: meters.truth.value(),
  };
}

type Lab = ReturnType<typeof createLabPicture>;

interface MeteredFrame {
  readonly rgb: Uint8Array;
  readonly lab: Lab;
  readonly truthRgb: Uint8Array;
  readonly truthLab: Lab;
  readonly lightness: Float32Array;
  readonly isDetailed: boolean;
}

/** All running sums of one version. */
class VersionMeter {
  readonly #size: SizePx;
  readonly #cdc = new ColourConsistency();
  readonly #flicker = new ChromaFlicker();
  readonly #moving: MovingChroma;
  #psnr = 0;
  #colourfulness = 0;
  #frames = 0;
  #ssim = 0;
  #ciede2000 = 0;
  #detailed = 0;

  constructor(size: SizePx, median: Float32Array) {
    this.#size = size;
    this.#moving = new MovingChroma(median);
  }

  add(frame: MeteredFrame): void {
    this.#frames += 1;
    this.#psnr += psnrDb(frame.rgb, frame.truthRgb);
    this.#colourfulness += colourfulness(frame.rgb);
    this.#cdc.add(frame.rgb);
    this.#flicker.add(frame.lightness, frame.lab);
    this.#moving.add(frame.lightness, frame.lab, frame.truthLab);
    if (!frame.isDetailed) return;
    this.#detailed += 1;
    this.#ssim += ssimRgb(frame.rgb, frame.truthRgb, this.#size);
    this.#ciede2000 += meanCiede2000(frame.lab, frame.truthLab);
  }

  value(): VersionMeasures {
    return {
      psnrDb: this.#psnr / this.#frames,
      ssim: this.#ssim / this.#detailed,
      ciede2000: this.#ciede2000 / this.#detailed,
      colourfulness: this.#colourfulness / this.#frames,
      cdc: this.#cdc.value(),
      flicker: this.#flicker.value(),
      moving: this.#moving.value(),
    };
  }
}

/** L* of the median frame, from at most 32 frames spread over the clip. */
async function medianLightness(path: string, size: SizePx): Promise<Float32Array> {
  const mostPlanes = 32;
  let planes: Float32Array[] = [];
  let step = 1;
  let index = 0;
  for await (const rgb of readRgbFrames(path, size)) {
    if (index++ % step !== 0) continue;
    planes.push(labOfRgb(rgb).l);
    if (planes.length <= mostPlanes) continue;
    // The length is not known beforehand: when the store is full, every second plane goes.
    planes = planes.filter((_, i) => i % 2 === 0);
    step *= 2;
  }
  return medianPlane(planes);
}

async function requireSize(path: string, expected: SizePx): Promise<void> {
  const got = await probeSize(path);
  if (got.widthPx === expected.widthPx && got.heightPx === expected.heightPx) return;
  throw new AppError(
    'INPUT_DAMAGED',
    `${path}: expected ${expected.widthPx}x${expected.heightPx} as the truth has but got ` +
      `${got.widthPx}x${got.heightPx}`,
  );
}

async function nextFrame(
  frames: AsyncGenerator<Uint8Array>,
  path: string,
  index: number,
): Promise<Uint8Array> {
  const next = await frames.next();
  if (next.done !== true) return next.value;
  throw new AppError('INPUT_DAMAGED', `${path}: expected frame ${index} as the truth has but it ends before`);
}

async function requireEnd(frames: AsyncGenerator<Uint8Array>, path: string, count: number): Promise<void> {
  const next = await frames.next();
  if (next.done === true) return;
  throw new AppError('INPUT_DAMAGED', `${path}: expected ${count} frames as the truth has but it has more`);
}
