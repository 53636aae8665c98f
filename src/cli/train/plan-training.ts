import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { runFolder, type RunFolder } from '../../train/run/run-folder.ts';
import { loadRecipe, type LoadedRecipe } from '../../train/recipe/load-recipe.ts';
import type { PhaseLearner, Recipe, RecipePhase } from '../../train/recipe/recipe.ts';
import type { CriticJob } from '../../train/run/critic-file.ts';
import { limitedEpochs } from './limited-epochs.ts';
import { generalDefaults } from './train-defaults.ts';
import type { NamedOptions, TrainOptions } from './train-options.ts';

/** One phase of a training: its options, and where it keeps what it makes. */
export interface PlannedPhase {
  /** absent if there is no recipe */
  readonly name?: string;
  readonly options: TrainOptions & { readonly isBatchFixed: boolean };
  readonly folder: RunFolder;
  readonly learns: PhaseLearner;
  /** of a phase in which a critic learns */
  readonly critic?: CriticJob;
}

/** What `chromafeed train` does. */
export interface TrainingPlan {
  /** the recipe's name, if there is one */
  readonly recipe: string | undefined;
  readonly phases: readonly [PlannedPhase, ...PlannedPhase[]];
  /** the folder of the finished model */
  readonly model: string;
}

/**
 * Plans a training. Without a recipe it has one phase, in the folder that the user named. With a recipe each phase has
 * a folder of its own in there, and starts from the model of the phase before. An option on the command line replaces
 * the setting of every phase.
 * @throws {AppError} USAGE without a folder; as `loadRecipe`
 */
export async function planTraining(asked: NamedOptions): Promise<TrainingPlan> {
  const { output, features, recipe } = asked;
  if (output === undefined) throw noOutput();
  if (recipe === undefined) {
    const folder = runFolder(output, features);
    const usual = { ...generalDefaults, ...asked, isBatchFixed: asked.batchSize !== undefined };
    const options = { ...usual, ...limitedEpochs(usual, 1) };
    return { recipe: undefined, phases: [{ options, folder, learns: 'network' }], model: folder.model };
  }
  return plannedRecipe(await loadRecipe(recipe), asked, output);
}

function plannedRecipe({ name, recipe }: LoadedRecipe, asked: NamedOptions, output: string): TrainingPlan {
  const model = join(output, 'model');
  const own = Object.fromEntries(Object.entries(asked).filter(([key]) => asked.named.has(key)));
  const phases: PlannedPhase[] = [];
  const shares = recipe.phases.reduce((sum, { share }) => sum + share, 0);
  for (const [i, { name: phase, learns, share, ...settings }] of recipe.phases.entries()) {
    // A critic's phase leaves the network as it is.
    const before = phases.findLast((one) => one.learns !== 'critic');
    const judge = learns === 'critic' ? phase : recipe.phases.slice(0, i).findLast(isOfCritic)?.name;
    const isLast = i === recipe.phases.length - 1;
    const folder = runFolder(join(output, phase), asked.features);
    const options = { ...generalDefaults, ...asked, ...recipe.network, ...settings, ...own };
    const start = before === undefined ? {} : { from: before.folder.model, fresh: false };
    phases.push({
      name: phase,
      learns,
      ...(learns === 'network' || judge === undefined
        ? {}
        : { critic: criticOf(recipe, join(output, judge)) }),
      options: {
        ...options,
        ...limitedEpochs(options, share / shares),
        ...start,
        isBatchFixed: asked.named.has('batchSize'),
      },
      folder: isLast ? { ...folder, model } : folder,
    });
  }
  const [first, ...others] = phases;
  if (first === undefined) throw new TypeError('expected a recipe with a phase');
  return { recipe: name, phases: [first, ...others], model };
}

function isOfCritic({ learns }: RecipePhase): boolean {
  return learns === 'critic';
}

function criticOf({ critic }: Recipe, dir: string): CriticJob {
  return { size: critic ?? {}, file: join(dir, 'critic.safetensors') };
}

function noOutput(): AppError {
  return new AppError('USAGE', 'train: expected a folder for the run but got none', {
    cure: 'name it with --output',
  });
}
