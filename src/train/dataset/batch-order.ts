import type { SizePx } from '../../frame.ts';
import { randomFrom, shuffle } from '../random.ts';
import { groupBy } from './group-by.ts';
import type { Shard } from './dataset-manifest.ts';
import { sizeName } from './shards/sample.ts';

/** This many shards of a shape are mixed with each other, so at most this many are open at the same time. */
const windowShards = 8;

/** The position of one sample. */
export interface SampleAddress {
  readonly shard: Shard;
  /** of the record, from 0 */
  readonly record: number;
}

/** The facts that an order depends on. */
export interface EpochSeed {
  readonly seed: number;
  readonly epoch: number;
}

/**
 * The order of an epoch: which samples form which batch. It is computed from numbers only, so any batch can be found
 * without reading those before it. Each sample occurs once; the last batch of a shape may be smaller.
 */
export class BatchOrder {
  /** batches of the epoch */
  readonly count: number;
  /** for each batch, its shape and its number among the batches of this shape */
  readonly #turns: readonly { readonly shape: ShapeOrder; readonly number: number }[];
  readonly #batchSize: number;

  constructor(shards: readonly Shard[], batchSize: number, { seed, epoch }: EpochSeed) {
    const shapes = [...groupBy(shards, ({ size }) => sizeName(size)).values()].map(
      (own) => new ShapeOrder(own, { seed, epoch }),
    );
    const turns = shapes.flatMap((shape) =>
      Array.from({ length: Math.ceil(shape.samples / batchSize) }, () => shape),
    );
    shuffle(turns, randomFrom(seed, epoch).uniform);
    const next = new Map(shapes.map((shape) => [shape, 0]));
    this.#turns = turns.map((shape) => {
      const number = next.get(shape) ?? 0;
      next.set(shape, number + 1);
      return { shape, number };
    });
    this.#batchSize = batchSize;
    this.count = turns.length;
  }

  /** The samples of a batch, from 0: all of one shape. */
  batch(number: number): SampleAddress[] {
    const turn = this.#turns[number];
    if (!turn) throw new RangeError(`batch ${number} of ${this.count}`);
    const first = turn.number * this.#batchSize;
    const count = Math.min(this.#batchSize, turn.shape.samples - first);
    return Array.from({ length: count }, (_, i) => turn.shape.at(first + i));
  }
}

/** The order of one shape's samples: shards in random order, samples mixed over a few neighbouring shards. */
class ShapeOrder {
  readonly samples: number;
  readonly #windows: readonly (readonly Shard[])[];
  /** number of samples before each window */
  readonly #starts: readonly number[];
  readonly #seeds: readonly number[];
  /** the window of the last call */
  #mixed: { window: number; addresses: readonly SampleAddress[] } | undefined;

  /**
   * @param shards - at least one, all of one shape
   */
  constructor(shards: readonly Shard[], { seed, epoch }: EpochSeed) {
    const { widthPx, heightPx } = sizeOf(shards);
    this.#seeds = [seed, epoch, widthPx, heightPx];
    const order = shuffle([...shards], randomFrom(...this.#seeds).uniform);
    const count = Math.ceil(order.length / windowShards);
    this.#windows = Array.from({ length: count }, (_, i) =>
      order.slice(i * windowShards, (i + 1) * windowShards),
    );
    let samples = 0;
    this.#starts = this.#windows.map((window) => {
      const start = samples;
      samples += window.reduce((sum, shard) => sum + shard.samples, 0);
      return start;
    });
    this.samples = samples;
  }

  at(position: number): SampleAddress {
    const window = this.#starts.findLastIndex((start) => start <= position);
    const address = this.#mix(window)[position - (this.#starts[window] ?? 0)];
    if (!address) throw new RangeError(`sample ${position} of ${this.samples}`);
    return address;
  }

  #mix(window: number): readonly SampleAddress[] {
    if (this.#mixed?.window !== window) {
      const addresses = (this.#windows[window] ?? []).flatMap((shard) =>
        Array.from({ length: shard.samples }, (_, record) => ({ shard, record })),
      );
      const { uniform } = randomFrom(...this.#seeds, window);
      this.#mixed = { window, addresses: shuffle(addresses, uniform) };
    }
    return this.#mixed.addresses;
  }
}

function sizeOf([first]: readonly Shard[]): SizePx {
  if (first === undefined) throw new RangeError('expected at least one shard');
  return first.size;
}
