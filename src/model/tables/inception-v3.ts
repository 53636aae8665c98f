import type { ConvOp } from './layer-ops.ts';
import type { NodeList } from './nodes.ts';

/** Maps of Inception v3 at an eighth and a sixteenth of its picture, and their channels. */
export interface InceptionMaps {
  /** 288 channels */
  readonly mixed2: string;
  /** 768 channels */
  readonly mixed7: string;
}

/** The weights of these nodes are not stored with a model: they come with the embedding network. */
export const trunkPrefix = 'trunk.';

type ConvOptions = Partial<Pick<ConvOp, 'stride' | 'padding'>>;

/**
 * Adds Inception v3 up to `mixed7`, batch norms folded into the convolutions, which are numbered in Keras's order.
 * @param input - gray stacked to three channels, -1..1
 * @see Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016; Keras applications
 */
export function addInceptionV3(list: NodeList, input: string): InceptionMaps {
  const trunk = new Trunk(list);
  let x = trunk.conv(input, [3, 32], [3, 3], { stride: 2, padding: 'valid' });
  x = trunk.conv(x, [32, 32], [3, 3], { padding: 'valid' });
  x = trunk.conv(x, [32, 64], [3, 3]);
  x = trunk.pool('max', x);
  x = trunk.conv(x, [64, 80], [1, 1], { padding: 'valid' });
  x = trunk.conv(x, [80, 192], [3, 3], { padding: 'valid' });
  x = trunk.pool('max', x);
  x = addBlock35(trunk, x, 'mixed0', [192, 32]);
  x = addBlock35(trunk, x, 'mixed1', [256, 64]);
  const mixed2 = (x = addBlock35(trunk, x, 'mixed2', [288, 64]));
  x = addReduction(trunk, x);
  x = addBlock17(trunk, x, 'mixed4', 128);
  x = addBlock17(trunk, x, 'mixed5', 160);
  x = addBlock17(trunk, x, 'mixed6', 160);
  return { mixed2, mixed7: addBlock17(trunk, x, 'mixed7', 192) };
}

/** Numbers convolutions and pools in order. */
class Trunk {
  readonly #list: NodeList;
  #convolutions = 0;
  #pools = 0;

  constructor(list: NodeList) {
    this.#list = list;
  }

  conv(
    input: string,
    channels: readonly [number, number],
    kernel: readonly [number, number],
    options: ConvOptions = {},
  ): string {
    this.#convolutions += 1;
    return this.#list.conv(`${trunkPrefix}conv2d_${this.#convolutions}`, input, channels, {
      kernel,
      ...options,
    });
  }

  pool(by: 'max' | 'average', input: string): string {
    this.#pools += 1;
    return this.#list.add(`${trunkPrefix}pool_${this.#pools}`, { kind: 'pool', by }, input);
  }

  concat(name: string, inputs: readonly string[]): string {
    return this.#list.add(`${trunkPrefix}${name}`, { kind: 'concat' }, ...inputs);
  }
}

/** Filters of three sizes and a pool, side by side. */
function addBlock35(
  trunk: Trunk,
  x: string,
  name: string,
  [channels, pooled]: readonly [number, number],
): string {
  const point = trunk.conv(x, [channels, 64], [1, 1]);
  const five = trunk.conv(trunk.conv(x, [channels, 48], [1, 1]), [48, 64], [5, 5]);
  const narrow = trunk.conv(x, [channels, 64], [1, 1]);
  const three = trunk.conv(trunk.conv(narrow, [64, 96], [3, 3]), [96, 96], [3, 3]);
  const pool = trunk.conv(trunk.pool('average', x), [channels, pooled], [1, 1]);
  return trunk.concat(name, [point, five, three, pool]);
}

/** Halves both sides, and makes 768 channels of 288. */
function addReduction(trunk: Trunk, x: string): string {
  const halving = { stride: 2, padding: 'valid' } as const;
  const three = trunk.conv(x, [288, 384], [3, 3], halving);
  const narrow = trunk.conv(trunk.conv(x, [288, 64], [1, 1]), [64, 96], [3, 3]);
  const double = trunk.conv(narrow, [96, 96], [3, 3], halving);
  return trunk.concat('mixed3', [three, double, trunk.pool('max', x)]);
}

/** 7x7 filters, each split into two. */
function addBlock17(trunk: Trunk, x: string, name: string, width: number): string {
  const rows = [7, 1] as const;
  const columns = [1, 7] as const;
  const point = trunk.conv(x, [768, 192], [1, 1]);
  let once = trunk.conv(x, [768, width], [1, 1]);
  once = trunk.conv(once, [width, width], columns);
  once = trunk.conv(once, [width, 192], rows);
  let twice = trunk.conv(x, [768, width], [1, 1]);
  twice = trunk.conv(twice, [width, width], rows);
  twice = trunk.conv(twice, [width, width], columns);
  twice = trunk.conv(twice, [width, width], rows);
  twice = trunk.conv(twice, [width, 192], columns);
  const pool = trunk.conv(trunk.pool('average', x), [768, 192], [1, 1]);
  return trunk.concat(name, [point, once, twice, pool]);
}
