import { parseBlend, type Blend } from '../blend.ts';
import { AppError } from '../errors.ts';
import { BlendedColorizer } from './blended-colorizer.ts';
import type { Colorizer } from './colorizer.ts';
import { isImportedModel, type ImportedModel } from './imported/imported-model.ts';
import { loadAnyModel, type Model } from './model.ts';
import { openColorizer, type ColorizerOptions } from './open-colorizer.ts';

/** Options of `openModels`. */
export interface ModelsOptions extends Omit<ColorizerOptions, 'model'> {
  /** a name that `listModels` returns, or a folder with `model.json` */
  readonly model: string;
  /** a second model and its share, such as `ddcolor=0.5`; absent: one model */
  readonly blend?: string | undefined;
}

/**
 * Loads and opens a model, or two whose colour is averaged.
 * @returns a colorizer the caller owns and disposes of
 * @throws {AppError} as `loadAnyModel` and `openColorizer`; USAGE when `blend` has another form
 */
export async function openModels({
  model: name,
  blend: text,
  ...options
}: ModelsOptions): Promise<Colorizer> {
  const model = await loadAnyModel(name);
  const blend = text === undefined ? undefined : blendFrom(text);
  if (blend === undefined) return openColorizer({ ...options, model });
  const other = await loadAnyModel(blend.model);
  const hasOwn = !isImportedModel(model) || !isImportedModel(other);
  const first = await openColorizer(optionsFor(model, options, hasOwn));
  try {
    const second = await openColorizer(optionsFor(other, options, hasOwn));
    try {
      return new BlendedColorizer(first, second, blend.share);
    } catch (error) {
      await second[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    await first[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Reads `NAME=SHARE`.
 * @throws {AppError} USAGE
 */
export function blendFrom(text: string): Blend {
  const blend = parseBlend(text);
  if (blend !== undefined) return blend;
  throw new AppError('USAGE', `--blend: expected a model and its share but got ${text}`, {
    cure: 'for example --blend ddcolor=0.5; the share is more than 0 and less than 1',
  });
}

/** In a blend, the options that imported networks do not have are for the other network. */
function optionsFor(
  model: Model | ImportedModel,
  { engine, precision, embeddingFile, ...shared }: Omit<ColorizerOptions, 'model'>,
  hasOwn: boolean,
): ColorizerOptions {
  const own = {
    ...(engine === undefined ? {} : { engine }),
    ...(embeddingFile === undefined ? {} : { embeddingFile }),
    precision,
  };
  return isImportedModel(model) && hasOwn ? { ...shared, model } : { ...shared, ...own, model };
}
