import { transposedKernel } from './layer-ops.ts';
import { mapShapesOf, type MapShape } from './map-shapes.ts';
import { weightShapesOf, type Node } from './nodes.ts';

/** What a network costs. */
export interface NetworkCost {
  /** for one picture: products of its convolutions and its self-attention */
  readonly multiplyAdds: number;
  /** numbers that are learnt */
  readonly parameters: number;
}

/**
 * Counts what some nodes cost. The product of an embedding and its matrix is not counted: it is made once per scene.
 * @param inputs - shapes of the values that the nodes start from, such as `luma` [1, h, w]
 * @param embeddingSize - length of the embedding, for condition nodes
 */
export function costOf(
  nodes: readonly Node[],
  inputs: ReadonlyMap<string, MapShape>,
  embeddingSize = 0,
): NetworkCost {
  const shapes = mapShapesOf(nodes, inputs);
  const multiplyAdds = nodes.reduce((sum, node) => sum + productsOf(node, shapes), 0);
  const learnt = [...weightShapesOf(nodes, embeddingSize)].filter(([name]) => !name.endsWith('.bins'));
  return { multiplyAdds, parameters: learnt.reduce((sum, [, shape]) => sum + sizeOf(shape), 0) };
}

function productsOf({ name, inputs, op }: Node, shapes: ReadonlyMap<string, MapShape>): number {
  const [channels, rows, columns] = shapes.get(name) ?? [NaN, NaN, NaN];
  const positions = rows * columns;
  switch (op.kind) {
    case 'conv':
      return positions * op.outChannels * op.inChannels * sizeOf(op.kernel);
    case 'depthwise':
      return positions * op.channels * op.kernel ** 2;
    case 'transposedConv':
      // A number of the result depends on a quarter of the kernel.
      return (positions * op.outChannels * op.inChannels * transposedKernel ** 2) / 4;
    case 'attention': {
      const [queryChannels] = shapes.get(inputs[1] ?? '') ?? [NaN];
      return positions ** 2 * (queryChannels + channels);
    }
    default:
      return 0;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
