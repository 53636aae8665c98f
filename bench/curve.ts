/**
 * Question: how much nearness to the truth does more colour cost?
 *
 *   node dist/bench/curve.js PHOTOS [--model NAME]... [--every-file 5] [--liveliness 0.5,0.75,1] [--svg curve.svg]
 *
 * Each model colours the photos at each liveliness, as `chromafeed evaluate` does. Prints a line of JSON for each point, with
 * the means over the photos; gray is the same for all. Draws PSNR and ΔE00 over the colourfulness.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../src/errors.ts';
import { evaluatePhoto } from '../src/evaluate/photo/evaluate-photo.ts';
import { evaluationDefaults } from '../src/evaluate/evaluation-settings.ts';
import type { PhotoResult } from '../src/evaluate/figures.ts';
import { summarize } from '../src/evaluate/summarize.ts';
import { defaultModel } from '../src/model/default-model.ts';
import { openFilmResources } from '../src/stream/film/film-resources.ts';
import { drawCurves, type CurvePoint } from './support/draw-curves.ts';
import { describeEnvironment } from './support/environment.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', multiple: true, default: [defaultModel] },
    'every-file': { type: 'string', default: '5' },
    liveliness: { type: 'string', default: '0,0.5,0.75,1,1.25,1.5,1.75,2' },
    svg: { type: 'string' },
  },
});
const photos = await photosOf(positionals[0], Number(values['every-file']));
console.log(JSON.stringify({ ...(await describeEnvironment()), photos: photos.length }));
const points: CurvePoint[] = [];
for (const model of values.model) {
  await using resources = await openFilmResources({ model });
  for (const liveliness of values.liveliness.split(',').map(Number)) {
    const point = await measure(model, liveliness, resources);
    points.push(point);
    console.log(JSON.stringify(point));
  }
}
if (values.svg !== undefined) await writeFile(values.svg, drawCurves(points));

async function photosOf(folder: string | undefined, every: number): Promise<string[]> {
  if (folder === undefined) {
    throw new AppError('USAGE', 'curve: expected a folder of colour photos but got none', {
      cure: 'name one: node dist/bench/curve.js PHOTOS',
    });
  }
  const names = (await readdir(folder)).filter((name) => /\.(?:jpe?g|png|webp)$/i.test(name)).toSorted();
  return names.filter((_, i) => i % every === 0).map((name) => join(folder, name));
}

async function measure(
  model: string,
  liveliness: number,
  resources: Awaited<ReturnType<typeof openFilmResources>>,
): Promise<CurvePoint> {
  const results: PhotoResult[] = [];
  for (const photo of photos)
    results.push(await evaluatePhoto(photo, { ...evaluationDefaults, liveliness }, { resources }));
  const means = summarize(results).photos?.means;
  if (!means)
    throw new AppError('INPUT_MISSING', 'curve: the folder has no photos', { cure: 'name another' });
  const { output, gray, truth } = means;
  return {
    model,
    liveliness,
    colourfulnessShare: (output.colourfulness ?? 0) / (truth.colourfulness ?? 1),
    psnrDb: output.psnrDb ?? NaN,
    ciede2000: output.ciede2000 ?? NaN,
    gray: { psnrDb: gray.psnrDb ?? NaN, ciede2000: gray.ciede2000 ?? NaN },
  };
}
