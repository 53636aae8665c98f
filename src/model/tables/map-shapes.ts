import { paddingOf, type ConvOp } from './layer-ops.ts';
import type { Node } from './nodes.ts';
import { sceneModelChannels } from './scene-model.ts';

/** The size of a value: channels, rows, columns. */
export type MapShape = readonly [channels: number, rows: number, columns: number];

/**
 * The shapes of all values of a network.
 * @param nodes - in order (see `nodesFor`)
 * @param inputs - shapes of the values that the nodes start from, such as `luma` [1, h, w]
 * @returns by name, with the inputs
 * @throws {TypeError} when an input is missing, or has other channels than its layer expects
 */
export function mapShapesOf(
  nodes: readonly Node[],
  inputs: ReadonlyMap<string, MapShape>,
): Map<string, MapShape> {
  const shapes = new Map(inputs);
  for (const node of nodes) {
    const own = node.inputs.map((name) => {
      const shape = shapes.get(name);
      if (shape === undefined) throw new TypeError(`${node.name}: expected a value ${name} before it`);
      return shape;
    });
    shapes.set(node.name, shapeOf(node, own));
  }
  return shapes;
}

function shapeOf({ name, op }: Node, inputs: readonly MapShape[]): MapShape {
  const [input, like] = inputs;
  if (input === undefined) throw new TypeError(`${name}: expected an input`);
  const [channels, rows, columns] = input;
  switch (op.kind) {
    case 'grayStack':
      return [3, rows, columns];
    case 'conv':
      return convShape(name, op, input);
    case 'transposedConv':
      requireChannels(name, op.inChannels, channels);
      return [op.outChannels, 2 * rows, 2 * columns];
    case 'depthwise': {
      requireChannels(name, op.channels, channels);
      return [channels, Math.ceil(rows / op.stride), Math.ceil(columns / op.stride)];
    }
    case 'pool': {
      const shorter = op.padding === 'same' ? 1 : 3;
      const pooled = (side: number): number => Math.floor((side - shorter) / 2) + 1;
      return op.by === 'max' ? [channels, pooled(rows), pooled(columns)] : input;
    }
    case 'globalMean':
      return [channels, 1, 1];
    case 'resizeTo':
      return [channels, op.rows, op.columns];
    case 'resizeLike': {
      const [, likeRows = NaN, likeColumns = NaN] = like ?? [];
      const { divisor = 1 } = op;
      return [channels, Math.floor(likeRows / divisor), Math.floor(likeColumns / divisor)];
    }
    case 'enlarge': {
      const [numerator, denominator] = op.factor;
      const grown = (side: number): number => Math.floor((side * numerator) / denominator);
      return [channels, grown(rows), grown(columns)];
    }
    case 'upsample':
      return [channels, 2 * rows, 2 * columns];
    case 'reflectPad':
      return [channels, rows + op.before + op.after, columns + op.before + op.after];
    case 'concat':
      return [inputs.reduce((sum, [count]) => sum + count, 0), rows, columns];
    case 'annealedMean':
      requireChannels(name, op.classes, channels);
      return [2, rows, columns];
    case 'sceneModelInput':
      return [sceneModelChannels, rows, columns];
    case 'sceneModelBlend':
      return [2, rows, columns];
    case 'add':
      requireChannels(name, channels, like?.[0] ?? NaN);
      return input;
    case 'lightness':
    case 'shiftScale':
    case 'scale':
    case 'activation':
    case 'attention':
    case 'dropout':
    case 'condition':
      return input;
  }
}

function convShape(name: string, op: ConvOp, [channels, rows, columns]: MapShape): MapShape {
  requireChannels(name, op.inChannels, channels);
  const { kernel, stride, dilation = 1 } = op;
  const pads = paddingOf(op);
  const side = (pixels: number, axis: 0 | 1): number =>
    Math.floor((pixels + 2 * pads[axis] - dilation * (kernel[axis] - 1) - 1) / stride) + 1;
  return [op.outChannels, side(rows, 0), side(columns, 1)];
}

function requireChannels(name: string, expected: number, got: number): void {
  if (expected !== got) throw new TypeError(`${name}: expected ${expected} channels but got ${got}`);
}
