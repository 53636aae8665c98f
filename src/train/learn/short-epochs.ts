import type { Batch, BatchSource } from './batch.ts';

/**
 * Cuts the epochs of a source into shorter ones, so that a network is judged and kept more often than once per pass
 * over all pictures. The order of the batches does not change.
 */
export class ShortEpochs implements BatchSource {
  readonly batchesPerEpoch: number;
  readonly #source: BatchSource;

  /** @param batches - in one short epoch */
  constructor(source: BatchSource, batches: number) {
    this.#source = source;
    this.batchesPerEpoch = batches;
  }

  get samplesPerEpoch(): number {
    const { samplesPerEpoch, batchesPerEpoch } = this.#source;
    return Math.round((samplesPerEpoch / batchesPerEpoch) * this.batchesPerEpoch);
  }

  async *batches(epoch: number, skip: number): AsyncGenerator<Batch> {
    let next = epoch * this.batchesPerEpoch + skip;
    const end = (epoch + 1) * this.batchesPerEpoch;
    const whole = this.#source.batchesPerEpoch;
    while (next < end) {
      for await (const batch of this.#source.batches(Math.floor(next / whole), next % whole)) {
        yield batch;
        next += 1;
        if (next === end) return;
      }
    }
  }
}
