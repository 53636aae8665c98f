import { AppError } from '../../errors.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import { isImportedModel, type ImportedModel } from '../../model/imported/imported-model.ts';
import type { Model } from '../../model/model.ts';
import { openModels, type ModelsOptions } from '../../model/open-models.ts';
import { styleValueOf } from '../../model/tables/network.ts';
import { paletteOf } from '../palette.ts';
import { StyledColorizer } from './styled-colorizer.ts';

/**
 * Opens a model, or two whose colour is averaged. With a style, the network sees another photo's scene in place of each
 * picture's own, which Iizuka et al. 2016 call style transfer: the photo's global features, or its scene embedding.
 * @returns a colorizer the caller owns and disposes of; with a style, its network is open
 * @throws {AppError} as `openModels`; MODEL_MISMATCH if there is a style and the networks do not look at the scene
 */
export async function openModelsInStyle(options: ModelsOptions): Promise<Colorizer> {
  const { style } = options;
  const colorizer = await openModels(options);
  if (style === undefined) return colorizer;
  try {
    requireScene(colorizer);
    return new StyledColorizer(colorizer, style, await paletteOf([style.luma], style.size, colorizer));
  } catch (error) {
    await colorizer[Symbol.asyncDispose]();
    throw error;
  }
}

function requireScene({ model, blend }: Colorizer): void {
  const models = blend === undefined ? [model] : [model, blend.model];
  if (models.some(seesScene)) return;
  const names = models.map(({ manifest }) => manifest.name).join(' and ');
  throw new AppError(
    'MODEL_MISMATCH',
    `style: expected a model that looks at the scene as a whole but ${names} does not`,
    {
      cure: 'use one that does, such as --model trunk or a model of the recipe iizuka2016, or leave the style out',
    },
  );
}

/** Whether a network takes something from the whole scene: global features, or an embedding with weights for it. */
function seesScene(model: Model | ImportedModel): boolean {
  if (isImportedModel(model)) return false;
  return (
    styleValueOf(model.manifest) !== undefined ||
    (model.embeddingMatrix?.some((weight) => weight !== 0) ?? false)
  );
}
