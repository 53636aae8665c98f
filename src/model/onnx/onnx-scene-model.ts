import type { SizePx } from '../../frame.ts';
import type { OnnxBuilder } from './onnx-builder.ts';
import { colourUnit, correctionUnit, lightnessUnit } from '../tables/scene-model.ts';

/**
 * Adds a `SceneModelInputOp`.
 * @param inputs - L* / 50 - 1 [n, 1, h, w], and the network's a*, b* [n, 2, h, w]
 * @returns [n, 7, h, w]
 */
export function addSceneModelInput(
  graph: OnnxBuilder,
  weights: (name: string) => Float32Array,
  size: SizePx,
  inputs: readonly string[],
): string {
  const [scaled, ab] = inputs;
  if (scaled === undefined || ab === undefined) throw new TypeError('sceneModelInput: expected two inputs');
  const number = (value: number): string =>
    graph.constant(`place.number.${graph.size}.${value}`, [], Float32Array.of(value));
  const plane = (name: string, channels: number, data: Float32Array): string =>
    graph.constant(name, [1, channels, size.heightPx, size.widthPx], data);
  const clip = (value: string, low: number, high: number): string =>
    graph.add('Clip', [value, number(low), number(high)]);

  // (L* - usual) / 10, from L* / 50 - 1.
  const usual = weights('place.lightness').map((lightness) => lightness / 50 - 1);
  const off = graph.add('Sub', [scaled, plane('place.lightness', 1, usual)]);
  const difference = graph.add('Mul', [off, number(50 / lightnessUnit)]);
  const shift = graph.add('ReduceMean', [clip(difference, -1, 1)], { axes: [1, 2, 3], keepdims: 1 });
  const d = clip(graph.add('Sub', [difference, shift]), -3, 3);
  const factors = weights('place.spread').map((spread) => lightnessUnit / spread);
  const strange = graph.add('Mul', [graph.add('Abs', [d]), plane('place.factors', 1, factors)]);
  const share = graph.add('Mul', [graph.add('Min', [strange, number(4)]), number(1 / 4)]);

  const colours = weights('place.colour').map((value) => value / colourUnit);
  const zero = graph.add('Mul', [ab, number(0)]); // lends the constant the batch's size
  const usualColour = graph.add('Add', [zero, plane('place.colour', 2, colours)]);
  const ownColour = graph.add('Mul', [ab, number(1 / colourUnit)]);
  return graph.add('Concat', [d, share, usualColour, ownColour, scaled], { axis: 1 });
}

/**
 * Adds a `SceneModelBlendOp`.
 * @param inputs - the channels of `sceneModelInput` [n, 7, h, w], and three channels [n, 3, h, w]
 * @returns a*, b* [n, 2, h, w]
 */
export function addSceneModelBlend(graph: OnnxBuilder, inputs: readonly string[]): string {
  const [channels, x] = inputs;
  if (channels === undefined || x === undefined) throw new TypeError('sceneModelBlend: expected two inputs');
  const number = (value: number): string =>
    graph.constant(`place.number.${graph.size}.${value}`, [], Float32Array.of(value));
  const part = (value: string, from: number, to: number): string => {
    const index = (label: string, at: number): string =>
      graph.constant(`place.${label}.${graph.size}`, [1], BigInt64Array.of(BigInt(at)));
    return graph.add('Slice', [value, index('from', from), index('to', to), index('axis', 1)]);
  };
  const share = graph.add('Sigmoid', [part(x, 0, 1)]);
  const usual = part(channels, 2, 4);
  const own = part(channels, 4, 6);
  const blend = graph.add('Add', [own, graph.add('Mul', [share, graph.add('Sub', [usual, own])])]);
  const correction = graph.add('Mul', [part(x, 1, 3), number(correctionUnit)]);
  return graph.add('Add', [graph.add('Mul', [blend, number(colourUnit)]), correction]);
}
