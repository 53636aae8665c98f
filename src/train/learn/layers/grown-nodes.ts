import { AppError } from '../../../errors.ts';
import { networkNodes, type NetworkSpec } from '../../../model/tables/network.ts';
import { lumaInput, NodeList, nodesFor, type Node, type Op } from '../../../model/tables/nodes.ts';

/** The head's hyperbolic tangent gives a*, b* as fractions of this. */
const abScale = 128;
/** The name of its convolution. It is not a part of the network, so it is not kept. */
const headName = 'grown.head';

/**
 * The first layers of a network, with a small head of their own: a 3x3 convolution to a*, b*. So these layers can learn
 * before the ones after them exist.
 * @param after - name of the last layer's value
 * @returns nodes to `ab`, at the size of the network's own answer
 * @throws {AppError} USAGE if the network has no layer of this name
 */
export function grownNodes(spec: NetworkSpec, after: string): Node[] {
  const nodes = networkNodes(spec);
  const last = nodes.find(({ name }) => name === after);
  if (last?.op.kind !== 'conv') throw noLayer(spec, after, nodes);
  const list = new NodeList();
  list.nodes.push(...nodesFor(nodes, [after]));
  const channels = [last.op.outChannels, 2] as const;
  let x = list.conv(headName, after, channels, { activation: 'tanh' });
  x = list.add('grown.scale', { kind: 'scale', factor: abScale }, x);
  list.add('ab', { kind: 'enlarge', factor: [strideOf(nodes, after), spec.head.stride] }, x);
  return list.nodes;
}

/** Luma pixels that one pixel of a value spans. Layers at other sizes than halves of the picture are not counted. */
function strideOf(nodes: readonly Node[], name: string): number {
  if (name === lumaInput) return 1;
  const node = nodes.find((one) => one.name === name);
  const before = node?.inputs[0];
  return node === undefined || before === undefined ? 1 : strideOf(nodes, before) * halvings(node.op);
}

function halvings(op: Op): number {
  if (op.kind === 'conv' || op.kind === 'depthwise') return op.stride;
  if (op.kind === 'pool') return op.by === 'max' ? 2 : 1;
  return op.kind === 'upsample' || op.kind === 'transposedConv' ? 1 / 2 : 1;
}

function noLayer({ architecture }: NetworkSpec, got: string, nodes: readonly Node[]): AppError {
  const layers = nodes.flatMap(({ name, op }) => (op.kind === 'conv' ? [name] : []));
  return new AppError(
    'USAGE',
    `--grow: expected convolutions of ${architecture} (${layers.slice(0, 12).join(', ')} ...) but got ${got}`,
  );
}
