import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Studio } from '../../app.ts';
import { AppError } from '../../errors.ts';
import type { SizePx } from '../../frame.ts';
import { colorizeStillFile } from '../../still.ts';
import { unreadablePicture } from '../../stream/picture.ts';
import { labOfRgb, meanChroma } from '../metrics/lab-picture.ts';
import { canHaveSsim, lumaOfRgb, ssimRgb } from '../metrics/ssim.ts';
import {
  distance,
  finite,
  type Figures,
  type PhotoFigure,
  type PhotoResult,
  type Versions,
} from './figures.ts';
import { PixelMeter, type MeteredPicture } from './pixel-meter.ts';
import type { EvaluationSettings } from './settings.ts';
import { requireColour } from './survey-truth.ts';

/** Three versions of one picture, for whoever wants to look at them; interleaved RGB, `[pixels * 3]`. */
export interface PictureTriple extends SizePx, Versions<Uint8Array> {}

/** What both kinds of evaluation take beside file and settings. */
export interface EvaluationContext {
  readonly studio: Studio;
  /** Where temporary files go; default: the system's folder. They are removed. */
  readonly folder?: string | undefined;
  /** Gets the photo, or a clip's middle frame. */
  readonly onPicture?: ((picture: PictureTriple) => void) | undefined;
  /** 0..1 while it is under way. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

interface RgbPicture extends SizePx {
  /** Interleaved, `[pixels * 3]`, 0..255 */
  readonly rgb: Uint8Array;
}

/**
 * Makes a colour photo gray, colorizes it as `chromafeed file` does, and compares the result with the photo.
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED (no picture, or no colour in it)
 */
export async function evaluatePhoto(
  file: string,
  settings: EvaluationSettings,
  { studio, folder = tmpdir(), onPicture }: EvaluationContext,
): Promise<PhotoResult> {
  const truth = await readRgb(file, settings.widthPx);
  const truthLab = labOfRgb(truth.rgb);
  requireColour(file, meanChroma(truthLab));
  const luma = Uint8Array.from(lumaOfRgb(truth.rgb), Math.round);
  const work = await mkdtemp(join(folder, 'chromafeed-photo-'));
  try {
    const [input, output] = [join(work, 'gray.png'), join(work, 'output.png')];
    const raw = { width: truth.widthPx, height: truth.heightPx, channels: 1 } as const;
    await sharp(luma, { raw }).toColourspace('b-w').png({ compressionLevel: 1 }).toFile(input);
    const startMs = performance.now();
    await colorizeStillFile({ ...settings, input, output }, studio);
    const colorizeS = (performance.now() - startMs) / 1000;
    const { rgb } = await readRgb(output);
    const gray = Uint8Array.from({ length: 3 * luma.length }, (_, i) => luma[Math.trunc(i / 3)] ?? 0);
    const { widthPx, heightPx } = truth;
    onPicture?.({ widthPx, heightPx, gray, output: rgb, truth: truth.rgb });
    return {
      ...{ kind: 'photo', file, widthPx, heightPx, colorizeS },
      lumaDifference: lumaDifference(luma, rgb),
      figures: measurePhoto({ gray, output: rgb, truth: truth.rgb }, truth),
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Measures the three versions of a photo.
 * @param versions - interleaved RGB, `[pixels * 3]`, 0..255, of one size; not modified
 * @throws {AppError} USAGE when the sizes differ
 */
export function measurePhoto(versions: Versions<Uint8Array>, size: SizePx): Versions<Figures<PhotoFigure>> {
  const truth = meteredPicture(versions.truth);
  const measure = (rgb: Uint8Array): Figures<Exclude<PhotoFigure, 'colourfulnessDistance'>> => {
    const meter = new PixelMeter();
    meter.add(meteredPicture(rgb), truth);
    return { ...meter.value(), ssim: canHaveSsim(size) ? finite(ssimRgb(rgb, truth.rgb, size)) : null };
  };
  const own = {
    output: measure(versions.output),
    gray: measure(versions.gray),
    truth: measure(versions.truth),
  };
  const away = (value: number | null): number | null => distance(value, own.truth.colourfulness);
  return {
    output: { ...own.output, colourfulnessDistance: away(own.output.colourfulness) },
    gray: { ...own.gray, colourfulnessDistance: away(own.gray.colourfulness) },
    truth: { ...own.truth, colourfulnessDistance: away(own.truth.colourfulness) },
  };
}

function meteredPicture(rgb: Uint8Array): MeteredPicture {
  return { rgb, lab: labOfRgb(rgb) };
}

async function readRgb(path: string, widthPx?: number): Promise<RgbPicture> {
  if (!existsSync(path)) {
    throw new AppError('INPUT_MISSING', `${path}: no such file`, { cure: 'check the name' });
  }
  try {
    const upright = sharp(path, { failOn: 'error' }).autoOrient().removeAlpha().toColourspace('srgb');
    const sized =
      widthPx === undefined ? upright : upright.resize({ width: widthPx, withoutEnlargement: true });
    const { data, info } = await sized.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { widthPx: info.width, heightPx: info.height, rgb: threeChannels(data, info.channels) };
  } catch (error) {
    throw unreadablePicture(path, error);
  }
}

/** A gray picture has one channel even as sRGB, where nothing enlarged it. */
function threeChannels(samples: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return samples;
  const pixels = samples.length / channels;
  return Uint8Array.from({ length: 3 * pixels }, (_, i) => samples[Math.trunc(i / 3) * channels] ?? 0);
}

/** BT.601 luma of the output's rounded R'G'B' beside the luma that went in. */
function lumaDifference(luma: Uint8Array, rgb: Uint8Array): number {
  return lumaOfRgb(rgb).reduce(
    (most, value, i) => Math.max(most, Math.abs(Math.round(value) - (luma[i] ?? 0))),
    0,
  );
}
