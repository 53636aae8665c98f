import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { lightnessTable } from '../../../src/model/color/lab.ts';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { lumaInput } from '../../../src/model/tables/nodes.ts';
import { separate } from '../../../src/train/dataset/pictures/picture-planes.ts';
import { colourPicture } from '../../../src/train/learn/colour-picture.ts';
import { halfLightness, pictureTensor } from '../../../src/train/learn/picture-tensor.ts';
import { colourfulPicture } from '../../helpers/colourful-picture.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

const size = { widthPx: 16, heightPx: 12 };
const { luma, ab } = separate(colourfulPicture(size), size);
const features = new Map([[lumaInput, { shape: [1, 12, 16, 1] as const, data: Float32Array.from(luma) }]]);
const batch = { count: 1, features, embeddings: new Float32Array(2), ab, grid: [12, 16] as const };

test('a picture made of tensors has the colours that the rest of the program computes', (t) => {
  const expected = colourPicture(luma, ab);
  const got = tf.tidy(() => {
    const table = tf.tensor4d(lightnesses(), [1, 12, 16, 1]);
    const colours = tf.transpose(tf.tensor4d(Float32Array.from(ab), [1, 2, 12, 16]), [0, 2, 3, 1]);
    return pictureTensor(table, colours).dataSync();
  });
  for (const [i, value] of got.entries()) t.true(Math.abs(255 * value - expected[i]!) < 0.6, `sample ${i}`);
});

test('the lightness of a batch has half of its size', (t) => {
  const lightness = halfLightness(batch);
  t.deepEqual(lightness.shape, [1, 6, 8, 1]);
  lightness.dispose();
  t.throws(() => halfLightness({ ...batch, features: new Map() }), { message: /the batches have no luma/ });
});

test('the gradient of a picture by its colours is that of finite differences', (t) => {
  const lightness = tf.fill<tf.Rank.R4>([1, 1, 2, 1], 60);
  const weights = tf.tensor4d([1, -2, 0.5, 0.3, 1, -1], [1, 1, 2, 3]);
  const value = (colours: tf.Tensor): tf.Scalar =>
    tf.sum(tf.mul(pictureTensor(lightness, colours as tf.Tensor4D), weights));
  const at = tf.tensor4d([10, -20, 25, 15], [1, 1, 2, 2]);
  const gradient = tf.tidy(() => tf.grad(value)(at).dataSync());
  for (let i = 0; i < 4; i++) {
    const moved = (by: number): number =>
      tf.tidy(() => {
        const numbers = at.dataSync().slice();
        numbers[i]! += by;
        return value(tf.tensor4d(numbers, [1, 1, 2, 2])).dataSync()[0]!;
      });
    const slope = (moved(0.5) - moved(-0.5)) / 1;
    t.true(Math.abs(gradient[i]! - slope) < 2e-4, `${gradient[i]} and ${slope}`);
  }
  tf.dispose([lightness, weights, at]);
});

/** L* of the whole picture, by the table that networks use. */
function lightnesses(): Float32Array {
  return Float32Array.from(luma, (byte) => lightnessTable()[byte]!);
}
