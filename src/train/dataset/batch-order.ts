import { shuffle } from '../learn/random.ts';
import { groupBy } from './group-by.ts';
import type { Shard } from './manifest.ts';
import { sizeName } from './shards/sample.ts';
import { seededRandom } from './seeded-random.ts';

/** So many shards of a shape are mixed with each other, and no more are open. */
const windowShards = 8;

/** Where one sample lies. */
export interface SamplePlace {
  readonly shard: Shard;
  /** of the record, from 0 */
  readonly record: number;
}

/** What an order depends on. */
export interface EpochSeed {
  readonly seed: number;
  readonly epoch: number;
}

/**
 * The order of an epoch: which samples make which batch. It follows from numbers alone, so that any batch is found
 * without reading those before it. Each sample occurs once; the last batch of a shape may be smaller.
 */
export class BatchOrder {
  /** batches of the epoch */
  readonly count: number;
  /** for each batch: which shape, and which of this shape's batches */
  readonly #turns: readonly { readonly shape: ShapeOrder; readonly number: number }[];
  readonly #batchSize: number;

  constructor(shards: readonly Shard[], batchSize: number, seed: EpochSeed) {
    const shapes = [...groupBy(shards, ({ size }) => sizeName(size))].map(
      ([name, own]) => new ShapeOrder(own, name, seed),
    );
    const turns = shapes.flatMap((shape) =>
      Array.from({ length: Math.ceil(shape.samples / batchSize) }, () => shape),
    );
    shuffle(turns, randomOf(seed, 'shapes'));
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
  batch(number: number): SamplePlace[] {
    const turn = this.#turns[number];
    if (!turn) throw new RangeError(`batch ${number} of ${this.count}`);
    const first = turn.number * this.#batchSize;
    const count = Math.min(this.#batchSize, turn.shape.samples - first);
    return Array.from({ length: count }, (_, i) => turn.shape.place(first + i));
  }
}

/** The order of one shape's samples: shards in random order, samples mixed over each few neighbours. */
class ShapeOrder {
  readonly samples: number;
  readonly #windows: readonly (readonly Shard[])[];
  /** how many samples lie before each window */
  readonly #starts: readonly number[];
  readonly #random: (window: number) => () => number;
  /** the window that was asked for last */
  #mixed: { window: number; places: readonly SamplePlace[] } | undefined;

  constructor(shards: readonly Shard[], name: string, seed: EpochSeed) {
    const order = shuffle([...shards], randomOf(seed, `shards of ${name}`));
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
    this.#random = (window) => randomOf(seed, `window ${window} of ${name}`);
  }

  place(position: number): SamplePlace {
    const window = this.#starts.findLastIndex((start) => start <= position);
    const place = this.#mix(window)[position - (this.#starts[window] ?? 0)];
    if (!place) throw new RangeError(`sample ${position} of ${this.samples}`);
    return place;
  }

  #mix(window: number): readonly SamplePlace[] {
    if (this.#mixed?.window !== window) {
      const places = (this.#windows[window] ?? []).flatMap((shard) =>
        Array.from({ length: shard.samples }, (_, record) => ({ shard, record })),
      );
      this.#mixed = { window, places: shuffle(places, this.#random(window)) };
    }
    return this.#mixed.places;
  }
}

function randomOf({ seed, epoch }: EpochSeed, purpose: string): () => number {
  return seededRandom(seed, `epoch ${epoch}, ${purpose}`);
}
