import { OnnxBuilder } from '../../src/model/onnx/onnx-builder.ts';
import type { Node } from '../../src/model/tables/nodes.ts';
import { seededRandom } from './seeded.ts';

/**
 * The same encoder as other programs export it: three colours, no biases, a batch norm behind each convolution, and the
 * shortcut of a block before the block's other layers.
 * @param layers - those of an encoder, which starts from `picture`; the last one is the output, `deepest`
 * @param nameOf - of a convolution's weights
 */
export function exportedEncoder(
  layers: readonly Node[],
  nameOf: (layer: string, index: number) => string,
): Uint8Array {
  const graph = new OnnxBuilder('resnet');
  const random = seededRandom(3);
  const numbers = (count: number, low: number, high: number): Float32Array =>
    Float32Array.from({ length: count }, () => low + (high - low) * random());
  const values = new Map([['picture', graph.input('input', 'float32', ['n', 3, 'h', 'w'])]]);
  for (const [index, { name, inputs, op }] of shortcutsFirst(layers).entries()) {
    const own = inputs.map((input) => values.get(input)!);
    if (op.kind === 'conv') {
      const into = op.inChannels === 1 ? 3 : op.inChannels;
      const shape = [op.outChannels, into, ...op.kernel];
      const spread = Math.sqrt(3 / (into * op.kernel[0] ** 2));
      const count = shape.reduce((product, length) => product * length, 1);
      const weight = graph.constant(nameOf(name, index), shape, numbers(count, -spread, spread));
      const pads = op.kernel.map((length) => (length - 1) / 2);
      const sum = graph.add('Conv', [...own, weight], {
        kernel_shape: op.kernel,
        strides: [op.stride, op.stride],
        pads: [...pads, ...pads],
      });
      const part = (label: string, low: number, high: number): string =>
        graph.constant(`${label}_${index}`, [op.outChannels], numbers(op.outChannels, low, high));
      const norm = [part('scale', 0.5, 1.5), part('shift', -0.3, 0.3), part('mean', -0.2, 0.2)];
      const y = graph.add('BatchNormalization', [sum, ...norm, part('variance', 0.5, 1.5)]);
      values.set(name, op.activation === 'relu' ? graph.add('Relu', [y]) : y);
    } else if (op.kind === 'pool')
      values.set(
        name,
        graph.add('MaxPool', own, { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
      );
    else values.set(name, graph.add(op.kind === 'add' ? 'Add' : 'Relu', own));
  }
  graph.output(values.get(layers.at(-1)!.name)!, 'deepest', ['n', 'c', 'h', 'w']);
  return graph.encode();
}

function shortcutsFirst(nodes: readonly Node[]): Node[] {
  const sorted = [...nodes];
  for (const node of nodes.filter(({ name }) => name.endsWith('.downsample'))) {
    sorted.splice(sorted.indexOf(node), 1);
    const first = sorted.findIndex(({ name }) => name === node.name.replace('downsample', 'conv1'));
    sorted.splice(first, 0, node);
  }
  return sorted;
}
