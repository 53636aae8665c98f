import { dirname, join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { readModelFile } from '../weights/weights.ts';
import { withNorm, type StoredConv, type StoredNorm } from './stored-conv.ts';

/** The largest size of a part of the weights, bytes. Node cannot read a larger file in one piece. */
const maxBytes = 2 ** 31 - 1;
/** Keras's default for batch norm. */
const usualEpsilon = 1e-3;

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.object({ name: z.string().optional(), epsilon: z.number().optional() }),
  inbound_nodes: z.array(z.array(z.array(z.unknown()))).optional(),
});
const modelSchema = z.object({
  modelTopology: z.object({
    model_config: z.object({
      config: z.union([z.array(layerSchema), z.object({ layers: z.array(layerSchema) })]),
    }),
  }),
  weightsManifest: z.array(
    z.object({
      paths: z.array(z.string()),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int()),
          dtype: z.literal('float32'),
          quantization: z.undefined().optional(),
        }),
      ),
    }),
  ),
});

type Layer = z.infer<typeof layerSchema>;
interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Reads the convolutions of a TensorFlow.js layers model, which `tensorflowjs_converter` makes of a Keras model, in the
 * order of its layers.
 * @param path - of its `model.json`; the weights lie beside it
 * @throws {AppError} MODEL_INVALID when it is no layers model, or its weights are not 32-bit floats
 */
export async function layersConvolutions(path: string): Promise<StoredConv[]> {
  const { modelTopology, weightsManifest } = parse(await readModelFile(path, maxBytes), path);
  const weights = new Map<string, Weight>();
  for (const group of weightsManifest) {
    const parts = await Promise.all(
      group.paths.map((part) => readModelFile(join(dirname(path), part), maxBytes)),
    );
    const bytes = new Uint8Array(Buffer.concat(parts));
    let offset = 0;
    for (const { name, shape } of group.weights) {
      const count = shape.reduce((product, side) => product * side, 1);
      if (offset + 4 * count > bytes.length) throw unreadable(path, `the weights end inside ${name}`);
      weights.set(name, { shape, data: new Float32Array(bytes.slice(offset, offset + 4 * count).buffer) });
      offset += 4 * count;
    }
  }
  const { config } = modelTopology.model_config;
  return convolutionsOf('layers' in config ? config.layers : config, weights);
}

function convolutionsOf(layers: readonly Layer[], weights: ReadonlyMap<string, Weight>): StoredConv[] {
  return layers.flatMap((layer) => {
    const name = nameOf(layer);
    const kernel = weights.get(`${name}/kernel`) ?? weights.get(`${name}/depthwise_kernel`);
    if (kernel?.shape.length !== 4) return [];
    const norm = layers.find(
      (other) => other.class_name === 'BatchNormalization' && followsOn(other, layer, layers),
    );
    const conv = toTables(name, kernel, weights.get(`${name}/bias`)?.data);
    return [norm === undefined ? conv : withNorm(conv, normOf(norm, weights, conv.bias.length))];
  });
}

/** From [rows, columns, in, out], or [rows, columns, channels, 1] of a depthwise convolution. */
function toTables(name: string, { shape, data }: Weight, bias: Float32Array | undefined): StoredConv {
  const [rows = 0, columns = 0, third = 0, last = 0] = shape;
  const isDepthwise = last === 1 && third > 1;
  const [into, out] = isDepthwise ? [1, third] : [third, last];
  const area = rows * columns;
  const weight = new Float32Array(data.length);
  for (let cell = 0; cell < area; cell++)
    for (let i = 0; i < into; i++)
      for (let o = 0; o < out; o++) weight[(o * into + i) * area + cell] = data[(cell * into + i) * out + o]!;
  return { name, shape: [out, into, rows, columns], weight, bias: bias ?? new Float32Array(out) };
}

/** Whether a layer's only input is another layer; without a graph, whether it is the next one. */
function followsOn(layer: Layer, before: Layer, layers: readonly Layer[]): boolean {
  if (layer.inbound_nodes === undefined) return layers[layers.indexOf(before) + 1] === layer;
  return layer.inbound_nodes[0]?.[0]?.[0] === nameOf(before);
}

function normOf(layer: Layer, weights: ReadonlyMap<string, Weight>, channels: number): StoredNorm {
  const part = (label: string): Float32Array | undefined => weights.get(`${nameOf(layer)}/${label}`)?.data;
  const all = (value: number): Float32Array => new Float32Array(channels).fill(value);
  return {
    gamma: part('gamma') ?? all(1),
    beta: part('beta') ?? all(0),
    mean: part('moving_mean') ?? all(0),
    variance: part('moving_variance') ?? all(1),
    epsilon: layer.config.epsilon ?? usualEpsilon,
  };
}

function nameOf({ name, config }: Layer): string {
  return name ?? config.name ?? '';
}

function parse(bytes: Buffer, path: string): z.infer<typeof modelSchema> {
  try {
    return modelSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw unreadable(path, cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause), cause);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): AppError {
  return new AppError('MODEL_INVALID', `${path}: expected a TensorFlow.js layers model: ${reason}`, {
    cure: 'convert the Keras model with tensorflowjs_converter, without quantization',
    ...(cause === undefined ? {} : { cause }),
  });
}
