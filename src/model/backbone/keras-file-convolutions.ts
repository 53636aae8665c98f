import type { Dataset, File, Group } from 'h5wasm/node';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { openHdf5 } from './hdf5.ts';
import {
  kerasConfigSchema,
  kerasConvolutions,
  type KerasConfig,
  type KerasWeight,
} from './keras-convolutions.ts';
import { kerasLayersByName } from './keras-layers.ts';
import type { StoredConv } from './stored-conv.ts';

/** The group of the weights in a whole model. In a file of weights alone they are at the top. */
const weightsGroup = 'model_weights';

/** Keras stores the empty list of a layer without weights as an array of no numbers. */
const namesSchema = z.preprocess(
  (value) => (value instanceof Float64Array && value.length === 0 ? [] : value),
  z.array(z.string()),
);
const modelSchema = z.preprocess((text) => JSON.parse(String(text)) as unknown, kerasConfigSchema);

/**
 * Reads the convolutions of a Keras model from its `.h5` file: that of `model.save`, or the weights alone, as Keras's
 * applications publish them.
 * @returns see `kerasConvolutions`
 * @throws {AppError} MODEL_INVALID when it is no such file, or its weights are not floats
 */
export async function kerasFileConvolutions(path: string): Promise<StoredConv[]> {
  const file = await openHdf5(path);
  try {
    const root = file.get(weightsGroup) ?? file;
    if (!isGroup(root)) throw unreadable(path, `${weightsGroup} is no group`);
    const layers = namesOf(root, 'layer_names');
    const weights = new Map(layers.flatMap((layer) => weightsOf(root, layer, path)));
    return kerasConvolutions(configOf(file, layers), weights);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw unreadable(path, reasonOf(error), error);
  } finally {
    file.close();
  }
}

/** How the layers are connected; a file of weights alone does not say it, but the names of its layers do. */
function configOf({ attrs }: File, layers: readonly string[]): KerasConfig {
  const config = attrs['model_config']?.value;
  return config === undefined ? kerasLayersByName(layers) : modelSchema.parse(config);
}

/** The weights of a layer by name, such as `conv2d_1/kernel`; those of a model in a model have the inner layer's name. */
function weightsOf(root: Group, layer: string, path: string): [string, KerasWeight][] {
  const group = root.get(layer);
  if (!isGroup(group)) throw unreadable(path, `the layer ${layer} is missing`);
  return namesOf(group, 'weight_names').map((name) => {
    const parts = name.replace(/:\d+$/, '').split('/');
    const own = parts.at(-2) ?? layer;
    return [`${own}/${parts.at(-1) ?? ''}`, floatsOf(group.get(name), `${layer}/${name}`, path)];
  });
}

/** A list of names in an attribute. Keras cuts one that is longer than 64 KB into `NAME0`, `NAME1` ... */
function namesOf({ attrs }: Group, attribute: string): string[] {
  const whole = attrs[attribute]?.value;
  if (whole !== undefined) return namesSchema.parse(whole);
  const names: string[] = [];
  for (let part = 0; attrs[`${attribute}${part}`] !== undefined; part++)
    names.push(...namesSchema.parse(attrs[`${attribute}${part}`]?.value));
  if (names.length > 0) return names;
  throw new TypeError(`it has no list "${attribute}"`);
}

function floatsOf(entity: unknown, name: string, path: string): KerasWeight {
  if (!isDataset(entity)) throw unreadable(path, `the weight ${name} is missing`);
  const { value, shape } = entity;
  if (value instanceof Float32Array || value instanceof Float64Array)
    return { shape: shape ?? [], data: Float32Array.from(value) };
  throw unreadable(path, `the weight ${name} holds no floats`);
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}

function isGroup(entity: unknown): entity is Group {
  return typeof entity === 'object' && entity !== null && 'keys' in entity;
}

function isDataset(entity: unknown): entity is Dataset {
  return typeof entity === 'object' && entity !== null && 'to_array' in entity;
}

function unreadable(path: string, reason: string, cause?: unknown): AppError {
  return new AppError('MODEL_INVALID', `${path}: expected a Keras model: ${reason}`, {
    cure: "save it with Keras's model.save('NAME.h5'); files that end in .weights.h5 do not name their layers",
    ...(cause === undefined ? {} : { cause }),
  });
}
