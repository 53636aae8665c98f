/**
 * Question: which recipe colours best after the same number of pictures, from the same photos and the same seed?
 *
 *   npm run compare -- --photos photos/ --judge heldout/ --clip fixed.mp4 moving.mp4
 *
 * Makes a set of the photos, trains each recipe with `chromafeed train --recipe`, and judges all models on photos and
 * clips that none of them has seen. Writes the table and a picture sheet into docs/methods.md. An interrupted comparison
 * resumes when the command is repeated.
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { numberIn, positive } from '../../src/cli/options/option-values.ts';
import { makeFolder } from '../../src/files/make-folder.ts';
import { loadRecipe, recipeNames } from '../../src/train/recipe/load-recipe.ts';
import { choosePhotos } from './choose-photos.ts';
import { judgeModels, type ComparedModel } from './judge-models.ts';
import { Journal } from './journal.ts';
import { runProgram } from './run-program.ts';
import { methodsTable } from './methods-table.ts';
import { writeSheet } from './write-sheet.ts';
import { writeMethods } from './write-methods.ts';

/** The options of a comparison. */
export interface CompareOptions {
  readonly photos: readonly string[];
  readonly judge: readonly string[];
  readonly clip: readonly string[];
  readonly recipes: readonly string[];
  readonly views: number;
  readonly batchSize: number;
  readonly validationPictures: number;
  readonly photoCount: number;
  readonly judgeCount: number;
  readonly size: number;
  readonly width: number;
  readonly seed: number;
  readonly threads: number;
  readonly output: string;
  readonly docs: string;
}

/** Their networks have a version of every width; the others have one size. */
const scalable = new Set(['zhang-2016', 'iizuka-2016', 'resnet-unet']);

const list = (text: string): string[] => text.split(',');
const options = new Command('compare')
  .requiredOption('--photos <folder...>', 'learn from colour photos in these folders')
  .requiredOption('--judge <folder...>', 'judge on colour photos in these folders')
  .requiredOption('--clip <file...>', 'judge the steadiness on these colour clips')
  .option('--recipes <names>', 'compare these recipes, separated by commas', list, recipeNames())
  .option('--views <n>', 'pictures that each recipe learns from, variations counted', positive, 100_000)
  .option('--batch-size <n>', 'pictures in a step of training', positive, 16)
  .option('--validation-pictures <n>', 'choose the best epoch with at most this many photos', positive, 32)
  .option('--photo-count <n>', 'learn from this many photos', positive, 10_000)
  .option('--judge-count <n>', 'judge on this many photos', positive, 100)
  .option('--size <pixels>', 'short side of the pictures', positive, 144)
  .option('--width <w>', 'multiply the channels of networks that have every width', numberIn(1 / 64, 1), 1)
  .option('--seed <n>', 'of all random choices', positive, 1)
  .option('--threads <n>', 'train on this many processor threads', positive, 1)
  .option('-o, --output <folder>', 'keep set, runs and figures here', 'out/compare')
  .option('--docs <folder>', 'write methods.md and its pictures here', 'docs')
  .parse()
  .opts<CompareOptions>();

await makeFolder(options.output);
const at = (...names: readonly string[]): string => join(options.output, ...names);
const journal = await Journal.open(at('times.json'));

const photos = await choosePhotos(options.photos, options.photoCount, options.seed);
await journal.time('set', () =>
  runProgram(['dataset', ...photos, '-o', at('set'), '--size', String(options.size)]),
);
for (const name of options.recipes) await journal.time(name, async () => train(name));

const judged = await choosePhotos(options.judge, options.judgeCount, options.seed);
const outcome = await judgeModels({
  models: (await Promise.all(options.recipes.map(modelsOf))).flat(),
  files: [...judged, ...options.clip],
  size: options.size,
  work: at('judged'),
});
await writeSheet(outcome, { dir: options.docs, seed: options.seed });
await writeMethods(options.docs, methodsTable(outcome, { options, journal }));

/** The model of a recipe, and before it the one that has not met a critic, if the recipe has one. */
async function modelsOf(name: string): Promise<ComparedModel[]> {
  const { phases } = (await loadRecipe(name)).recipe;
  const alone = phases.find(({ learns }) => learns === 'network');
  const result = { name, dir: at('runs', name, 'model') };
  if (alone === undefined || !phases.some(({ learns }) => learns === 'both')) return [result];
  return [{ name: `${name}, before the critic`, dir: at('runs', name, alone.name, 'model') }, result];
}

async function train(name: string): Promise<void> {
  const { recipe } = await loadRecipe(name);
  const isScalable = scalable.has(recipe.network.architecture);
  await runProgram([
    ...['train', at('set'), '-o', at('runs', name), '--recipe', name],
    ...['--pictures', String(options.views), '--schedule', 'cosine'],
    ...(isScalable ? ['--width', String(options.width)] : []),
    ...['--seed', String(options.seed), '--threads', String(options.threads)],
    ...['--batch-size', String(options.batchSize), '--name', name],
    ...['--validation-pictures', String(options.validationPictures)],
  ]);
}
