/**
 * Converts the Inception v3 of the npm package `nsfwjs` (MIT) to `models/inception-v3`. This is done once, by hand.
 *
 *     npm pack nsfwjs@4.4.0 && tar xzf nsfwjs-4.4.0.tgz      # in a temporary folder: makes `package/`
 *     npm run convert:inception -- /that/folder/package
 *
 * The classifier's layers are removed, so the result is the global average pool, 2048 numbers.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { packageRoot } from '../src/version.ts';
import { OnnxBuilder } from '../src/model/onnx/onnx-builder.ts';
import { requireValue } from '../src/model/require-value.ts';

/** The last layer to keep. Its result is the embedding. */
const lastLayer = 'average_pooling2d_10';
const inputPx = 299;
const embeddingSize = 2048;
/** The epsilon of Keras's batch norms; each layer is checked for it. */
const epsilon = 0.001;

const pair = z.tuple([z.int(), z.int()]);
const padding = z.enum(['valid', 'same']);
const inboundNodes = z.array(z.array(z.tuple([z.string(), z.int(), z.int(), z.looseObject({})]))).max(1);

/** What is read from each Keras layer. Other layers and options are refused. */
const layerSchema = z.discriminatedUnion('class_name', [
  layer('InputLayer', {
    batch_input_shape: z.tuple([z.null(), z.literal(299), z.literal(299), z.literal(3)]),
  }),
  layer('Conv2D', {
    filters: z.int(),
    kernel_size: pair,
    strides: pair,
    padding,
    data_format: z.literal('channels_last'),
    dilation_rate: z.tuple([z.literal(1), z.literal(1)]),
    activation: z.literal('linear'),
    use_bias: z.literal(false),
  }),
  layer('BatchNormalization', { axis: z.literal(3), epsilon: z.literal(epsilon), scale: z.literal(false) }),
  layer('Activation', { activation: z.literal('relu') }),
  layer('MaxPooling2D', { pool_size: pair, strides: pair, padding: z.literal('valid') }),
  layer('AveragePooling2D', { pool_size: pair, strides: pair, padding }),
  layer('Concatenate', { axis: z.literal(3) }),
  layer('Flatten', {}),
  layer('Dense', {}),
  layer('Dropout', {}),
]);

const modelSchema = z.object({
  modelTopology: z.object({
    model_config: z.object({ config: z.object({ layers: z.array(layerSchema) }) }),
  }),
  weightsManifest: z.tuple([
    z.object({
      paths: z.array(z.string()),
      weights: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.int()),
          quantization: z.object({ min: z.number(), scale: z.number(), dtype: z.literal('uint8') }),
        }),
      ),
    }),
  ]),
});

type Layer = z.infer<typeof layerSchema>;
type ConvLayer = Extract<Layer, { class_name: 'Conv2D' }>;
type NormLayer = Extract<Layer, { class_name: 'BatchNormalization' }>;

/** 8-bit numbers that stand for `min + scale * q`. */
interface Quantized {
  readonly shape: readonly number[];
  readonly codes: Uint8Array;
  readonly min: number;
  readonly scale: number;
}

await convert(process.argv[2]);

async function convert(packageDir: string | undefined): Promise<void> {
  if (packageDir === undefined)
    throw new Error('usage: convert-inception FOLDER of the unpacked nsfwjs package');
  const { layers, weights } = readPackage(resolve(packageDir));
  const graph = buildGraph(layers, weights);
  const out = fileURLToPath(new URL('models/inception-v3', packageRoot));
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'inception-v3.onnx'), graph);
  await copyFile(join(packageDir, 'LICENSE'), join(out, 'LICENSE'));
  const description = {
    formatVersion: 1,
    name: 'inception-v3',
    file: 'inception-v3.onnx',
    bytes: graph.byteLength,
    sha256: createHash('sha256').update(graph).digest('hex'),
    size: embeddingSize,
  };
  await writeFile(join(out, 'embedding.json'), `${JSON.stringify(description, null, 2)}\n`);
  console.log(description);
}

function readPackage(packageDir: string): { layers: Layer[]; weights: ReadonlyMap<string, Quantized> } {
  const dir = join(packageDir, 'dist/models/inception_v3');
  const load = createRequire(import.meta.url);
  const { modelTopology, weightsManifest } = modelSchema.parse(load(join(dir, 'model.min.js')));
  const [{ paths, weights }] = weightsManifest;
  const shards = paths.map((path) =>
    Buffer.from(z.string().parse(load(join(dir, `${path}.min.js`))), 'base64'),
  );
  return {
    layers: modelTopology.model_config.config.layers,
    weights: splitWeights(weights, Buffer.concat(shards)),
  };
}

function splitWeights(
  entries: z.infer<typeof modelSchema>['weightsManifest'][0]['weights'],
  bytes: Buffer,
): Map<string, Quantized> {
  const weights = new Map<string, Quantized>();
  let offset = 0;
  for (const { name, shape, quantization } of entries) {
    const size = shape.reduce((product, side) => product * side, 1);
    weights.set(name, { shape, codes: bytes.subarray(offset, offset + size), ...quantization });
    offset += size;
  }
  if (offset !== bytes.byteLength)
    throw new Error(`expected ${offset} bytes of weights but got ${bytes.byteLength}`);
  return weights;
}

function buildGraph(layers: readonly Layer[], weights: ReadonlyMap<string, Quantized>): Uint8Array {
  const graph = new OnnxBuilder('inception-v3');
  const norms = new Map(
    layers.filter((l) => l.class_name === 'BatchNormalization').map((l) => [inputsOf(l)[0], l]),
  );
  const values = new Map<string, string>();
  for (const layer of layers) {
    const inputs = inputsOf(layer).map((name) => requireValue(values, name));
    values.set(layer.name, addLayer(graph, layer, inputs, { weights, norms }));
    if (layer.name === lastLayer) break;
  }
  const embedding = graph.add('Flatten', [requireValue(values, lastLayer)], { axis: 1 });
  graph.output(embedding, 'embedding', ['n', embeddingSize]);
  return graph.encode();
}

interface Tables {
  readonly weights: ReadonlyMap<string, Quantized>;
  /** batch norms, by the convolution before them */
  readonly norms: ReadonlyMap<string | undefined, NormLayer>;
}

function addLayer(graph: OnnxBuilder, layer: Layer, inputs: readonly string[], tables: Tables): string {
  switch (layer.class_name) {
    case 'InputLayer':
      return addInput(graph);
    case 'Conv2D':
      return addConv(graph, layer, inputs, tables);
    case 'BatchNormalization':
      return first(inputs); // folded into the convolution before it
    case 'Activation':
      return graph.add('Relu', inputs);
    case 'MaxPooling2D':
      return graph.add('MaxPool', inputs, {
        kernel_shape: layer.config.pool_size,
        strides: layer.config.strides,
      });
    case 'AveragePooling2D':
      // By default ONNX's mean does not count the padding, and neither does TensorFlow's.
      return graph.add('AveragePool', inputs, {
        kernel_shape: layer.config.pool_size,
        strides: layer.config.strides,
        pads: padsOf(layer.config.padding, layer.config.pool_size, layer.config.strides),
      });
    case 'Concatenate':
      return graph.add('Concat', inputs, { axis: 1 });
    case 'Flatten':
    case 'Dense':
    case 'Dropout':
      throw new Error(`${layer.name}: expected no ${layer.class_name} before ${lastLayer}`);
  }
}

/** Gray bytes, `v / 127.5 - 1`, stacked three times. */
function addInput(graph: OnnxBuilder): string {
  const picture = graph.cast(graph.input('picture', 'uint8', ['n', 1, inputPx, inputPx]), 'float32');
  const half = graph.constant('half', [], Float32Array.of(127.5));
  const one = graph.constant('one', [], Float32Array.of(1));
  const gray = graph.add('Sub', [graph.add('Div', [picture, half]), one]);
  return graph.add('Concat', [gray, gray, gray], { axis: 1 });
}

/**
 * A convolution with the batch norm that follows: `(x - mean) / sqrt(variance + epsilon) + beta`. The 8-bit codes do not
 * change. Their scale and offset, one of each per output channel, include the norm's factor.
 */
function addConv(graph: OnnxBuilder, layer: ConvLayer, inputs: readonly string[], tables: Tables): string {
  const { name, config } = layer;
  const kernel = requireValue(tables.weights, `${name}/kernel`);
  const norm = requireValue(tables.norms, name).name;
  const mean = dequantize(requireValue(tables.weights, `${norm}/moving_mean`));
  const variance = dequantize(requireValue(tables.weights, `${norm}/moving_variance`));
  const beta = dequantize(requireValue(tables.weights, `${norm}/beta`));
  const factors = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  const [height = 0, width = 0, inChannels = 0, outChannels = 0] = kernel.shape;
  if (outChannels !== config.filters || String([height, width]) !== String(config.kernel_size))
    throw new Error(`${name}: kernel [${String(kernel.shape)}] is not what the layer says`);
  const perChannel = [outChannels, 1, 1, 1];
  const codes = graph.constant(`${name}.codes`, [outChannels, inChannels, height, width], toOihw(kernel));
  const scale = graph.constant(
    `${name}.scale`,
    perChannel,
    Float32Array.from(factors, (f) => f * kernel.scale),
  );
  const offset = graph.constant(
    `${name}.offset`,
    perChannel,
    Float32Array.from(factors, (f) => f * kernel.min),
  );
  const bias = graph.constant(
    `${name}.bias`,
    [outChannels],
    Float32Array.from(beta, (b, i) => b - (mean[i] ?? NaN) * (factors[i] ?? NaN)),
  );
  const weight = graph.add('Add', [graph.add('Mul', [graph.cast(codes, 'float32'), scale]), offset]);
  return graph.add('Conv', [...inputs, weight, bias], {
    kernel_shape: config.kernel_size,
    strides: config.strides,
    pads: padsOf(config.padding, config.kernel_size, config.strides),
  });
}

/** Padding in ONNX's order: top, left, bottom, right. 'same' occurs only with stride 1 and odd kernels. */
function padsOf(
  mode: z.infer<typeof padding>,
  kernel: readonly number[],
  strides: readonly number[],
): number[] {
  if (mode === 'valid') return [0, 0, 0, 0];
  const [height = 0, width = 0] = kernel;
  if (strides.some((stride) => stride !== 1) || height % 2 === 0 || width % 2 === 0)
    throw new Error(
      `expected 'same' with stride 1 and an odd kernel but got ${String(strides)}, ${String(kernel)}`,
    );
  return [(height - 1) / 2, (width - 1) / 2, (height - 1) / 2, (width - 1) / 2];
}

function toOihw({ shape, codes }: Quantized): Uint8Array {
  const [height = 0, width = 0, inChannels = 0, outChannels = 0] = shape;
  const places = height * width;
  const out = new Uint8Array(codes.length);
  for (let place = 0; place < places; place++)
    for (let i = 0; i < inChannels; i++)
      for (let o = 0; o < outChannels; o++)
        out[(o * inChannels + i) * places + place] = codes[(place * inChannels + i) * outChannels + o] ?? 0;
  return out;
}

function dequantize({ codes, min, scale }: Quantized): Float64Array {
  return Float64Array.from(codes, (code) => min + scale * code);
}

function inputsOf({ inbound_nodes: nodes }: Layer): string[] {
  return (nodes[0] ?? []).map(([name]) => name);
}

function first(inputs: readonly string[]): string {
  const [input] = inputs;
  if (input === undefined) throw new Error('expected a layer with an input');
  return input;
}

function layer<Name extends string, Config extends z.core.$ZodShape>(
  name: Name,
  config: Config,
): z.ZodObject<{
  class_name: z.ZodLiteral<Name>;
  name: z.ZodString;
  config: z.ZodObject<Config>;
  inbound_nodes: typeof inboundNodes;
}> {
  return z.object({
    class_name: z.literal(name),
    name: z.string(),
    config: z.object(config),
    inbound_nodes: inboundNodes,
  });
}
