import type { KerasConfig } from './keras-convolutions.ts';

/**
 * The connections of batch norms in a file of weights alone, from the names that Keras and its applications give:
 * `conv2d_7` and `batch_normalization_7`, `conv1_conv` and `conv1_bn`, `conv_7b` and `conv_7b_bn`, `block1a_dwconv` and
 * `block1a_bn`. Batch norms with other names follow the layer before them in the list.
 * @param names - of the layers, in the file's order
 */
export function kerasLayersByName(names: readonly string[]): KerasConfig {
  const all = new Set(names);
  return {
    config: names.map((name) => {
      if (!isNorm(name)) return { class_name: kindOf(name), name, config: {} };
      const before = convolutionNames(name).find((one) => all.has(one));
      const inbound = before === undefined ? {} : { inbound_nodes: [[[before]]] };
      return { class_name: 'BatchNormalization', name, config: {}, ...inbound };
    }),
  };
}

/** In the applications, the names of depthwise convolutions say it. */
function kindOf(name: string): string {
  return /dwconv|depthwise/.test(name) ? 'DepthwiseConv2D' : 'Layer';
}

function isNorm(name: string): boolean {
  return /^batch_normalization(_\d+)?$|(^|_)bn\d*$/.test(name);
}

/** Names of the convolution before a batch norm. */
function convolutionNames(norm: string): string[] {
  if (norm.startsWith('batch_normalization')) return [norm.replace('batch_normalization', 'conv2d')];
  return ['_conv', '', '_dwconv', '_dwconv2'].map((ending) => norm.replace(/_bn$/, ending));
}
