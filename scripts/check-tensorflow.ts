/**
 * Tries a backend of TensorFlow.js: first the gradient of a convolution, whose right result is known, then the speed of
 * a small training step.
 *
 *   node dist/scripts/check-tensorflow.js [auto | gpu | native | wasm]
 */
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { makeDecoderStep } from '../bench/support/decoder-step.ts';
import { AppError } from '../src/errors.ts';
import { backendNames, openTensorflow } from '../src/model/tfjs/backend.ts';

const images = 4;
const seconds = 3;
/** How many pixels each weight of a 3 x 3 filter is multiplied with in a 3 x 3 picture of ones, padded with zeros. */
const meetings = [4, 6, 4, 6, 9, 6, 4, 6, 4];

try {
  const choice = z.enum(['auto', ...backendNames]).parse(process.argv[2] ?? 'auto');
  const { name, engine, why } = await openTensorflow(choice);
  for (const line of why) console.log(`not better: ${line}`);
  checkGradient();
  console.log(`${name}: ${engine}, ${measure().toFixed(1)} images/s in a small training step`);
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  console.error(`${error.message}\nwhat to do: ${error.cure ?? 'docs/tensorflow.md'}`);
  process.exitCode = error.exitCode;
}

function checkGradient(): void {
  const found = tf.tidy(() => {
    const loss = (filter: tf.Tensor): tf.Scalar =>
      tf.sum(tf.conv2d(tf.ones<tf.Rank.R4>([1, 3, 3, 1]), filter as tf.Tensor4D, 1, 'same'));
    return tf
      .grad(loss)(tf.ones([3, 3, 1, 1]))
      .dataSync();
  });
  if (meetings.every((count, index) => found[index] === count)) return;
  throw new AppError(
    'DEVICE_UNAVAILABLE',
    `TensorFlow.js: expected the gradient ${meetings.join(' ')} but got ${found.join(' ')}`,
    { cure: 'install TensorFlow again: docs/tensorflow.md' },
  );
}

/** Images per second, without the first step, in which the kernels are compiled. */
function measure(): number {
  using step = makeDecoderStep(images);
  step.run();
  const startMs = performance.now();
  let steps = 0;
  do {
    step.run();
    steps++;
  } while (performance.now() - startMs < seconds * 1000);
  return (steps * images * 1000) / (performance.now() - startMs);
}
