import test from 'ava';
import type { Batch, BatchSource } from '../../../src/train/learn/batch.ts';
import { ShortEpochs } from '../../../src/train/learn/short-epochs.ts';

/** Batches whose count tells epoch and number: 100 for the first of the second epoch. */
const source: BatchSource = {
  batchesPerEpoch: 5,
  samplesPerEpoch: 10,
  // eslint-disable-next-line @typescript-eslint/require-await -- other sources read from disk
  async *batches(epoch, skip) {
    for (let number = skip; number < 5; number++) yield { count: 100 * epoch + number } as Batch;
  },
};

async function countsOf(epochs: ShortEpochs, epoch: number, skip = 0): Promise<number[]> {
  const counts: number[] = [];
  for await (const { count } of epochs.batches(epoch, skip)) counts.push(count);
  return counts;
}

test('short epochs continue where the one before ended, also into the next pass over the pictures', async (t) => {
  const epochs = new ShortEpochs(source, 3);
  t.deepEqual(await countsOf(epochs, 0), [0, 1, 2]);
  t.deepEqual(await countsOf(epochs, 1), [3, 4, 100]);
  t.deepEqual(await countsOf(epochs, 1, 2), [100]);
  t.is(epochs.samplesPerEpoch, 6);
});

test('an epoch may be longer than a pass over the pictures', async (t) => {
  t.deepEqual(await countsOf(new ShortEpochs(source, 7), 0, 4), [4, 100, 101]);
});
