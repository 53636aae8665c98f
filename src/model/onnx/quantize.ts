import type { OnnxBuilder } from './onnx-builder.ts';

/** The smallest and the largest number of each value, by the value's name. */
export type ActivationRanges = Readonly<Record<string, [least: number, greatest: number]>>;

/** How 8 bits represent a value: `value = (bits - zero) * step`. */
interface Grid {
  readonly step: number;
  readonly zero: number;
}

/**
 * Adds 8-bit values to a graph, in ONNX's QDQ form. onnxruntime fuses each operator with the conversions around it, so
 * it computes with bytes.
 *
 * Activations are unsigned, with one step per value. Weights are signed and symmetric, with one step per output channel.
 * @see https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
 */
export class Quantizer {
  readonly #graph: OnnxBuilder;
  readonly #ranges: ActivationRanges;
  readonly #grids = new Map<string, Grid>();

  /** @param ranges - of the nodes whose values get 8 bits */
  constructor(graph: OnnxBuilder, ranges: ActivationRanges) {
    this.#graph = graph;
    this.#ranges = ranges;
  }

  /** Whether a node's value has 8 bits. */
  has(name: string): boolean {
    return name in this.#ranges;
  }

  /** Whether a value of the graph has 8 bits. */
  isQuantized(value: string): boolean {
    return this.#grids.has(value);
  }

  /**
   * Gives a node's value 8 bits.
   * @param name - of the node, which has a range
   * @param value - in the graph
   * @returns the value after both conversions
   */
  activation(name: string, value: string): string {
    const range = this.#ranges[name];
    if (range === undefined) throw new TypeError(`${name}: expected a range`);
    return this.#convert(name, value, gridOf(range));
  }

  /** Gives a value the same 8-bit form as another value, for operators that only move or blend numbers. */
  like(name: string, value: string, other: string): string {
    const grid = this.#grids.get(other);
    return grid === undefined ? value : this.#convert(name, value, grid);
  }

  /**
   * Adds the weights and the bias of a convolution, whose input has 8 bits.
   * @param shape - of the weights, output channels first
   * @returns both as values of the graph
   */
  convolution(
    name: string,
    input: string,
    shape: readonly number[],
    { weight, bias }: { readonly weight: Float32Array; readonly bias: Float32Array },
  ): [weight: string, bias: string] {
    const grid = this.#grids.get(input);
    if (grid === undefined) throw new TypeError(`${name}: expected an input of 8 bits`);
    const channels = bias.length;
    const isDepthwise = shape[1] === 1;
    const { bits, steps } = quantizeWeights(weight, channels, isDepthwise ? wideStep : safeStep);
    const weightValue = this.#graph.add(
      'DequantizeLinear',
      [
        this.#graph.constant(`${name}.weight.int8`, shape, bits),
        this.#graph.constant(`${name}.weight.step`, [channels], steps),
        this.#graph.constant(`${name}.weight.zero`, [channels], new Int8Array(channels)),
      ],
      { axis: 0 },
    );
    const biasSteps = steps.map((step) => step * grid.step);
    const biasValue = this.#graph.add(
      'DequantizeLinear',
      [
        this.#graph.constant(
          `${name}.bias.int32`,
          [channels],
          Int32Array.from(bias, (b, c) => Math.round(b / (biasSteps[c] ?? NaN))),
        ),
        this.#graph.constant(`${name}.bias.step`, [channels], biasSteps),
        this.#graph.constant(`${name}.bias.zero`, [channels], new Int32Array(channels)),
      ],
      { axis: 0 },
    );
    return [weightValue, biasValue];
  }

  #convert(name: string, value: string, grid: Grid): string {
    const bits = this.#graph.add('QuantizeLinear', [value, ...this.#gridConstants(`${name}.in`, grid)]);
    const result = this.#graph.add('DequantizeLinear', [bits, ...this.#gridConstants(`${name}.out`, grid)]);
    this.#grids.set(result, grid);
    return result;
  }

  #gridConstants(name: string, { step, zero }: Grid): string[] {
    return [
      this.#graph.constant(`${name}.step`, [], Float32Array.of(step)),
      this.#graph.constant(`${name}.zero`, [], Uint8Array.of(zero)),
    ];
  }
}

/** The range always includes 0, which is represented exactly. */
function gridOf([least, greatest]: readonly [number, number]): Grid {
  const low = Math.min(least, 0);
  const step = Math.max(Math.max(greatest, 0) - low, 1e-6) / 255;
  return { step: Math.fround(step), zero: Math.round(-low / step) };
}

/** The smallest step. A channel whose weights are all 0 needs a step too. */
const leastStep = 1e-8;

function quantizeWeights(
  weight: Float32Array,
  channels: number,
  stepOf: (weights: Float32Array, from: number, to: number) => number,
): { bits: Int8Array; steps: Float32Array } {
  const each = weight.length / channels;
  const steps = new Float32Array(channels);
  const bits = new Int8Array(weight.length);
  for (let c = 0; c < channels; c++) {
    const from = c * each;
    const step = Math.max(stepOf(weight, from, from + each), leastStep);
    steps[c] = step;
    roundTo(bits, weight, step, from, from + each);
  }
  return { bits, steps };
}

/** Writes how many steps each weight of a channel has. `Math.round` takes five times as long. */
function roundTo(bits: Int8Array, weight: Float32Array, step: number, from: number, to: number): void {
  for (let i = from; i < to; i++) bits[i] = Math.floor(weight[i]! / step + 0.5);
}

/** The step at which the weights of a channel fit into 8 bits. Depthwise convolution adds its products in 32 bits. */
function wideStep(weights: Float32Array, from: number, to: number): number {
  let most = 0;
  for (let i = from; i < to; i++) most = Math.max(most, Math.abs(weights[i]!));
  return most / 127;
}

/**
 * A step for matrix products: processors without VNNI add two products of a weight and an activation in 16 bits, and
 * clip a sum that is too large. So the two largest weights of the same sign add up to at most 128; 255 times that fits.
 * The weights are the same on every processor, and so are the colours.
 */
function safeStep(weights: Float32Array, from: number, to: number): number {
  // The two largest numbers of each sign, or 0.
  let first = 0;
  let second = 0;
  let lowest = 0;
  let lower = 0;
  for (let i = from; i < to; i++) {
    const weight = weights[i]!;
    if (weight > second) {
      second = Math.min(weight, first);
      first = Math.max(weight, first);
    } else if (weight < lower) {
      lower = Math.max(weight, lowest);
      lowest = Math.min(weight, lowest);
    }
  }
  // Rounding can add half a step to each of the two.
  return Math.max(Math.max(first, -lowest) / 127, Math.max(first + second, -lowest - lower) / 127);
}
