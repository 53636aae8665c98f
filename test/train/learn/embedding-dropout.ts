import test from 'ava';
import { embeddingsWithGaps, trainedEmbedding } from '../../../src/train/learn/embedding-dropout.ts';
import { randomFrom } from '../../../src/train/random.ts';

const [count, size] = [400, 64];
const batch = { count, embeddings: new Float32Array(count * size).fill(3) };

test('a share of the pictures has no embedding, the others have half of its numbers, doubled', (t) => {
  const kept = embeddingsWithGaps(batch, 0.3, randomFrom(7));
  const pictures = Array.from({ length: count }, (_, i) => kept.subarray(i * size, (i + 1) * size));
  const known = pictures.filter((one) => one.some((number) => number !== 0));
  t.true(Math.abs(known.length / count - 0.7) < 0.08, String(known.length));
  const numbers = known.flatMap((one) => [...one]);
  t.deepEqual([...new Set(numbers)].toSorted(), [0, 6]);
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  t.true(Math.abs(mean - 3) < 0.1, String(mean));
  t.true(
    batch.embeddings.every((number) => number === 3),
    'the batch is as it was',
  );
});

test('the same seed leaves out the same numbers, and a share of 0 leaves out none', (t) => {
  const once = embeddingsWithGaps(batch, 0.3, randomFrom(7));
  t.deepEqual(embeddingsWithGaps(batch, 0.3, randomFrom(7)), once);
  t.notDeepEqual(embeddingsWithGaps(batch, 0.3, randomFrom(8)), once);
  t.deepEqual(embeddingsWithGaps(batch, 0, randomFrom(7)), batch.embeddings);
});

test('after training a model works without an embedding only if it did before and was trained to', (t) => {
  const needed = { network: 'inception-v3', size, input: 299, range: [-1, 1] as [number, number] };
  const optional = { ...needed, isOptional: true } as const;
  t.deepEqual(trainedEmbedding(optional, 0.3), optional);
  t.deepEqual(trainedEmbedding(optional, 0), { ...needed, isOptional: undefined });
  t.is(trainedEmbedding(needed, 0.3).isOptional, undefined);
});
