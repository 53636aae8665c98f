import test from 'ava';
import { abGrid } from '../../../src/train/features/ab-grid.ts';
import { meanAb } from '../../../src/train/features/mean-ab.ts';
import { meanEmbedding } from '../../../src/train/features/mean-embedding.ts';
import { seededRandom } from '../../helpers/seeded.ts';

test('colour at the resolution of the answer is the rounded mean of each block', (t) => {
  const size = { widthPx: 16, heightPx: 8 };
  const random = seededRandom(1);
  const ab = Int8Array.from({ length: 2 * 16 * 8 }, () => Math.floor(random() * 256) - 128);
  for (const stride of [2, 4]) {
    const [rows, columns] = abGrid('16x8', stride);
    t.deepEqual([rows, columns], [8 / stride, 16 / stride]);
    const got = meanAb(ab, size, stride);
    t.is(got.length, 2 * rows * columns);
    got.forEach((value, i) => {
      const plane = Math.floor(i / (rows * columns));
      const row = Math.floor((i % (rows * columns)) / columns);
      const block = [...ab.entries()].filter(
        ([at]) =>
          Math.floor(at / 128) === plane &&
          Math.floor((at % 128) / 16 / stride) === row &&
          Math.floor((at % 16) / stride) === i % columns,
      );
      const mean = block.reduce((sum, [, one]) => sum + one, 0) / stride ** 2;
      t.true(Math.abs(value - mean) <= 0.5);
    });
  }
});

test('a mirrored picture has the same embedding', (t) => {
  const [embedding, embeddingMirrored] = [Float32Array.of(1, 4, 0), Float32Array.of(3, 0, 0)];
  t.deepEqual([...meanEmbedding({ embedding, embeddingMirrored })], [2, 2, 0]);
  t.deepEqual(
    meanEmbedding({ embedding: embeddingMirrored, embeddingMirrored: embedding }),
    meanEmbedding({ embedding, embeddingMirrored }),
  );
});
