import { z } from 'zod';
import { withNorm, type StoredConv, type StoredNorm } from './stored-conv.ts';

/** Keras's default for batch norm. */
const usualEpsilon = 1e-3;

/** The inputs of a layer: Keras 2 lists layers by name, Keras 3 describes tensors with their history. */
const inboundSchema = z.union([
  z.array(z.array(z.array(z.unknown()))),
  z.array(z.object({ args: z.array(z.unknown()) })),
]);
const keras3Tensor = z.object({ config: z.object({ keras_history: z.array(z.unknown()) }) });

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.object({ name: z.string().optional(), epsilon: z.number().optional() }),
  inbound_nodes: inboundSchema.optional(),
});

/** The part of a Keras model's description that says how its layers are connected. */
export const kerasConfigSchema = z.object({
  config: z.union([z.array(layerSchema), z.object({ layers: z.array(layerSchema) })]),
});

export type KerasConfig = z.infer<typeof kerasConfigSchema>;
type Layer = z.infer<typeof layerSchema>;

/** A weight in Keras's layout. */
export interface KerasWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * The convolutions of a Keras model in the order of its layers, and its fully connected layers as 1x1 convolutions.
 * @param weights - by name, such as `conv2d_1/kernel`
 */
export function kerasConvolutions(
  { config }: KerasConfig,
  weights: ReadonlyMap<string, KerasWeight>,
): StoredConv[] {
  const layers = 'layers' in config ? config.layers : config;
  const convolutions = layers.flatMap((layer) => {
    const conv = convOf(layer, weights);
    if (conv === undefined) return [];
    const norm = layers.find(
      (other) => other.class_name === 'BatchNormalization' && followsOn(other, layer, layers),
    );
    return [norm === undefined ? conv : withNorm(conv, normOf(norm, weights, conv.bias.length))];
  });
  return renumbered(convolutions);
}

/**
 * Numbers the convolutions that Keras named from 1, in the order in which they were made. Keras goes on counting from
 * model to model, and lists parallel layers in another order.
 */
function renumbered(convolutions: readonly StoredConv[]): StoredConv[] {
  const numbers = new Map<string, number>();
  for (const { name } of convolutions) {
    const match = /^conv2d(?:_(?<number>\d+))?$/.exec(name);
    if (match !== null) numbers.set(name, Number(match.groups?.['number'] ?? 0));
  }
  const sorted = [...numbers].sort(([, a], [, b]) => a - b).map(([name]) => name);
  return convolutions.map((conv) =>
    numbers.has(conv.name) ? { ...conv, name: `conv2d_${sorted.indexOf(conv.name) + 1}` } : conv,
  );
}

function convOf(layer: Layer, weights: ReadonlyMap<string, KerasWeight>): StoredConv | undefined {
  const name = nameOf(layer);
  const own = weights.get(`${name}/kernel`);
  // Keras 3 calls the kernel of a depthwise convolution `kernel`, too.
  const isDepthwise = layer.class_name === 'DepthwiseConv2D' && own !== undefined;
  const kernel = isDepthwise ? undefined : own;
  const depthwise = isDepthwise ? own : weights.get(`${name}/depthwise_kernel`);
  const bias = weights.get(`${name}/bias`)?.data;
  if (kernel?.shape.length === 2) return toTables(name, [1, 1, ...kernel.shape], kernel.data, bias);
  if (kernel?.shape.length === 4) return toTables(name, kernel.shape, kernel.data, bias);
  if (depthwise?.shape.length !== 4) return undefined;
  // [rows, columns, channels, 1]: the same numbers as one input and many outputs.
  const [rows = 0, columns = 0, channels = 0] = depthwise.shape;
  return toTables(name, [rows, columns, 1, channels], depthwise.data, bias);
}

/** @param shape - rows, columns, in, out */
function toTables(
  name: string,
  [rows = 0, columns = 0, into = 0, out = 0]: readonly number[],
  data: Float32Array,
  bias: Float32Array | undefined,
): StoredConv {
  const area = rows * columns;
  const weight = new Float32Array(data.length);
  for (let cell = 0; cell < area; cell++)
    for (let i = 0; i < into; i++)
      for (let o = 0; o < out; o++) weight[(o * into + i) * area + cell] = data[(cell * into + i) * out + o]!;
  return { name, shape: [out, into, rows, columns], weight, bias: bias ?? new Float32Array(out) };
}

/** Whether a layer's first input is another layer; without a graph, whether it is the next one. */
function followsOn(layer: Layer, before: Layer, layers: readonly Layer[]): boolean {
  if (layer.inbound_nodes === undefined) return layers[layers.indexOf(before) + 1] === layer;
  return firstInputOf(layer) === nameOf(before);
}

function firstInputOf({ inbound_nodes: nodes = [] }: Layer): unknown {
  const [node] = nodes;
  if (node === undefined) return undefined;
  if (Array.isArray(node)) return node[0]?.[0];
  const tensor = keras3Tensor.safeParse(node.args[0]);
  return tensor.success ? tensor.data.config.keras_history[0] : undefined;
}

function normOf(layer: Layer, weights: ReadonlyMap<string, KerasWeight>, channels: number): StoredNorm {
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
