import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { FilmResources } from '../../stream/film/film-resources.ts';
import type { SizePx } from '../../frame.ts';
import { colorizeImage } from '../../stream/film/still/colorize-image.ts';
import { labOfRgb, meanChroma } from '../metrics/lab-picture.ts';
import type { PhotoResult, Versions } from '../figures.ts';
import { grayLuma, greatestDifference, measurePhoto, rgbOfGray } from './measure-photo.ts';
import { readRgb } from './read-rgb.ts';
import type { EvaluationSettings } from '../evaluation-settings.ts';
import { requireColour } from '../clip/survey-truth.ts';

/** Three versions of one picture, for display; interleaved RGB, `[pixels * 3]`. */
export interface PictureTriple extends SizePx, Versions<Uint8Array> {}

/** What both kinds of evaluation take, apart from file and settings. */
export interface EvaluationContext {
  readonly resources: FilmResources;
  /** Folder for temporary files, which are removed; default: the system's folder. */
  readonly folder?: string | undefined;
  /** Receives the photo, or a clip's middle frame. */
  readonly onPicture?: ((picture: PictureTriple) => void) | undefined;
  /** Receives the progress, 0..1. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/**
 * Makes a colour photo gray, colorizes it as `chromafeed file` does, and compares the result with the photo.
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED (no picture, or no colour in it)
 */
export async function evaluatePhoto(
  file: string,
  settings: EvaluationSettings,
  { resources, folder = tmpdir(), onPicture }: EvaluationContext,
): Promise<PhotoResult> {
  const truth = await readRgb(file, settings.widthPx);
  const { a, b } = labOfRgb(truth.rgb);
  requireColour(file, meanChroma(a, b));
  const luma = grayLuma(truth.rgb);
  const work = await mkdtemp(join(folder, 'chromafeed-photo-'));
  try {
    const [input, output] = [join(work, 'gray.png'), join(work, 'output.png')];
    const raw = { width: truth.widthPx, height: truth.heightPx, channels: 1 } as const;
    await sharp(luma, { raw }).toColourspace('b-w').png({ compressionLevel: 1 }).toFile(input);
    const startMs = performance.now();
    const { size, temperature, saturation, liveliness } = settings;
    await colorizeImage(input, { size, temperature, saturation, liveliness, output, resources });
    const colorizeS = (performance.now() - startMs) / 1000;
    const { rgb } = await readRgb(output);
    const versions = { output: rgb, gray: rgbOfGray(luma), truth: truth.rgb };
    const { widthPx, heightPx } = truth;
    onPicture?.({ widthPx, heightPx, ...versions });
    return {
      kind: 'photo',
      file,
      widthPx,
      heightPx,
      colorizeS,
      lumaDifference: greatestDifference(luma, grayLuma(rgb)),
      figures: measurePhoto(versions, truth),
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
