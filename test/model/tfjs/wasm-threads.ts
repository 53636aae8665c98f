/** WebAssembly on two threads. A process cannot change its number of threads, so these tests have their own file. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';

const backendUrl = new URL('../../../src/model/tfjs/backend.js', import.meta.url);

test('two threads give the same numbers as plain sums', async (t) => {
  const { engine } = await openTensorflow('wasm', { threads: 2 });
  t.regex(engine, /^TensorFlow\.js 4\.\d+\.\d+ \(WebAssembly with SIMD, 2 threads\)$/);
  const [height, width, inChannels, outChannels] = [17, 23, 5, 9];
  // The sums of small whole numbers are exact in any order.
  const x = Float32Array.from({ length: height * width * inChannels }, (_, i) => (i * 7) % 11);
  const filter = Float32Array.from({ length: 9 * inChannels * outChannels }, (_, i) => ((i * 5) % 13) - 6);
  const found = tf.tidy(() =>
    tf
      .conv2d(
        tf.tensor4d(x, [1, height, width, inChannels]),
        tf.tensor4d(filter, [3, 3, inChannels, outChannels]),
        1,
        'valid',
      )
      .dataSync(),
  );
  const sumAt = (row: number, column: number, out: number): number => {
    let sum = 0;
    for (let i = 0; i < 9 * inChannels; i++) {
      const [tap, channel] = [Math.floor(i / inChannels), i % inChannels];
      const place = (row + Math.floor(tap / 3)) * width + column + (tap % 3);
      sum += (x[place * inChannels + channel] ?? NaN) * (filter[i * outChannels + out] ?? NaN);
    }
    return sum;
  };
  const [rows, columns] = [height - 2, width - 2];
  const wanted = Array.from({ length: rows * columns * outChannels }, (_, i) =>
    sumAt(Math.floor(i / outChannels / columns), Math.floor(i / outChannels) % columns, i % outChannels),
  );
  t.deepEqual([...found], wanted);
});

test('its threads do not keep the process from ending', async (t) => {
  const script = join(await tempFolder(t), 'open.mjs');
  await writeFile(
    script,
    `import { openTensorflow } from ${JSON.stringify(backendUrl.href)};
    process.stdout.write((await openTensorflow('wasm', { threads: 3 })).engine);`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 60_000 });
  t.regex(stdout, /3 threads/);
});
