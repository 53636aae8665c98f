import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { replaceFile } from '../files/replace-file.ts';
import { wholeRect, type SizePx } from '../frame.ts';
import type { Colorizer } from '../model/colorizer.ts';
import { bundledEmbedding } from '../model/embedding/embedding-file.ts';
import { formatManifest, type Manifest } from '../model/manifest.ts';
import { modelFolders } from '../model/model-folders.ts';
import { loadModel, type Model } from '../model/model.ts';
import { measureRanges, type CalibrationPicture } from '../model/onnx/measure-ranges.ts';
import { openColorizer } from '../model/open-colorizer.ts';
import { readNetworkWeights } from '../model/weights/read-weights.ts';
import { defaultMaxMegapixels } from '../ingest/picture-size.ts';
import { openStill } from '../stream/film/still/read-image.ts';
import { networkSize } from '../stream/network-size.ts';
import { paletteOf } from '../stream/palette.ts';
import { shrinkLuma } from '../stream/pixels/shrink.ts';
import { expandInputs } from './file/inputs.ts';

/** Every third photo tests the ranges that the others gave. */
const testEvery = 3;
/** Ranges from fewer photos would not cover other photos. */
const leastPhotos = 12;

/** How much 8 bits change a model's colour, on the photos that did not set its ranges. */
export interface QuantizationError {
  readonly photos: number;
  /** mean of |difference| over a* and b*, Lab units */
  readonly meanDifference: number;
  /** mean of |a*| and |b*| in float32, to compare it with */
  readonly meanChroma: number;
}

/**
 * Measures the ranges of a model's values on photos and writes them into its `model.json`, so that the network can
 * compute in 8 bits.
 * @param name - a user's model, or the folder of a model
 * @param inputs - photos, folders or globs; only their luma counts
 * @throws {AppError} USAGE for a bundled model's name or too few photos; MODEL_INVALID
 */
export async function quantizeModel(name: string, inputs: readonly string[]): Promise<QuantizationError> {
  refuseBundled(name);
  const model = await loadModel(name);
  const { manifest, dir } = model;
  const files = (await expandInputs(inputs)).inputs.map(({ path }) => path);
  if (files.length < leastPhotos)
    throw new AppError(
      'USAGE',
      `models quantize: expected ${leastPhotos} photos or more but got ${files.length}`,
      {
        cure: 'add photos like those that the model colours',
      },
    );
  await using exact = await openColorizer({ model, device: 'cpu', precision: 'float32' });
  const pictures = await readPictures(exact, manifest, files);
  const isTest = (_: CalibrationPicture, i: number): boolean => i % testEvery === 0;
  const activations = await measureRanges(
    manifest,
    await readNetworkWeights(manifest, model.weights, await bundledEmbedding()),
    pictures.filter((picture, i) => !isTest(picture, i)),
  );
  const quantized: Model = { ...model, manifest: { ...manifest, activations } };
  const error = await compare(exact, quantized, pictures.filter(isTest));
  await replaceFile(join(dir, 'model.json'), formatManifest(quantized.manifest));
  return error;
}

/** A model that is installed with the program belongs to its package. */
function refuseBundled(name: string): void {
  if (modelFolders().find((folder) => folder.name === name)?.origin !== 'bundled') return;
  throw new AppError(
    'USAGE',
    `models quantize ${name}: expected a model of your own but this one came with chromafeed`,
    {
      cure: 'name the folder of a copy of it',
    },
  );
}

async function readPictures(
  colorizer: Colorizer,
  manifest: Manifest,
  files: readonly string[],
): Promise<CalibrationPicture[]> {
  const pictures: CalibrationPicture[] = [];
  for (const file of files) {
    const still = await openStill(file, defaultMaxMegapixels);
    const { layout, planes } = await still.readPage(0);
    const size = pictureSize(manifest, layout);
    const luma = shrinkLuma(planes.y, layout, wholeRect(layout), size);
    pictures.push({ size, luma, condition: await paletteOf([luma], size, colorizer) });
  }
  return pictures;
}

function pictureSize({ input, sceneModel }: Manifest, photo: SizePx): SizePx {
  return sceneModel ?? networkSize(photo, input.shortSide);
}

async function compare(
  exact: Colorizer,
  model: Model,
  pictures: readonly CalibrationPicture[],
): Promise<QuantizationError> {
  await using bytes = await openColorizer({ model, device: 'cpu', precision: 'int8' });
  let [difference, chroma, count] = [0, 0, 0];
  for (const { size, luma, condition } of pictures) {
    const batch = { pictures: [luma], size, conditions: [condition] };
    const [[expected], [got]] = await Promise.all([exact.colorize(batch), bytes.colorize(batch)]);
    expected?.forEach((value, i) => {
      difference += Math.abs(value - (got?.[i] ?? NaN));
      chroma += Math.abs(value);
      count += 1;
    });
  }
  return { photos: pictures.length, meanDifference: difference / count, meanChroma: chroma / count };
}
