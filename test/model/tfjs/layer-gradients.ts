/** Gradients of layers on WebAssembly, against central differences of a second implementation, number by number. */
import * as tf from '@tensorflow/tfjs-core';
import test, { type ExecutionContext } from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { attend } from '../../../src/model/tfjs/attend.ts';
import { runTransposedConv } from '../../../src/model/tfjs/convolutions.ts';
import { dilatedConv } from '../../../src/model/tfjs/dilated-conv.ts';
import { runNodes } from '../../../src/model/tfjs/run-nodes.ts';
import { numericGradient } from '../../helpers/numeric-gradient.ts';
import { relativeError } from '../../helpers/model-fixtures.ts';
import { seededRandom } from '../../helpers/seeded.ts';

test.before(() => openTensorflow('wasm', { threads: 1 }));

type Shape = readonly number[];
/** A layer of several inputs, and the same in plain numbers. */
interface Layer {
  readonly shapes: readonly Shape[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly plain: (...inputs: readonly (readonly number[])[]) => number[];
}

const sizeOf = (shape: Shape): number => shape.reduce((product, side) => product * side, 1);

/** Compares value and gradients of the sum of the result, each number times a random one. */
function check(t: ExecutionContext, { shapes, run, plain }: Layer): void {
  const random = seededRandom(5);
  const values = shapes.map((shape) => Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1));
  const expected = plain(...values);
  const factors = expected.map(() => 2 * random() - 1);
  const loss = (...inputs: tf.Tensor[]): tf.Tensor => {
    const result = run(...inputs);
    return tf.sum(tf.mul(result, tf.tensor(factors, result.shape)));
  };
  const got = tf.tidy(() => {
    const tensors = values.map((value, i) => tf.tensor(value, [...(shapes[i] ?? [])]));
    return [run(...tensors), ...tf.grads(loss)(tensors)].map((tensor) => [...tensor.dataSync()]);
  });
  t.true(relativeError(got[0] ?? [], expected) < 1e-5, 'the value');
  for (const [i, value] of values.entries()) {
    const f = (moved: readonly number[]): number =>
      plain(...values.map((other, j) => (j === i ? moved : other))).reduce(
        (sum, number, k) => sum + number * (factors[k] ?? NaN),
        0,
      );
    const gradient = numericGradient(f, value);
    t.true(relativeError(got[i + 1] ?? [], gradient) < 1e-3, `gradient of input ${i}`);
  }
}

test.serial('a dilated convolution', (t) => {
  const [rows, columns, into, out, dilation] = [6, 7, 2, 3, 2];
  const [outRows, outColumns] = [rows - 2 * dilation, columns - 2 * dilation];
  check(t, {
    shapes: [
      [1, rows, columns, into],
      [3, 3, into, out],
    ],
    run: (x, weight) => dilatedConv(x as tf.Tensor4D, weight as tf.Tensor4D, dilation),
    plain: (x = [], weight = []) =>
      Array.from({ length: outRows * outColumns * out }, (_, at) => {
        const [channel, cell] = [at % out, Math.floor(at / out)];
        const [row, column] = [Math.floor(cell / outColumns), cell % outColumns];
        let sum = 0;
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++)
            for (let c = 0; c < into; c++) {
              const seen = x[((row + i * dilation) * columns + column + j * dilation) * into + c]!;
              sum += seen * weight[((i * 3 + j) * into + c) * out + channel]!;
            }
        return sum;
      }),
  });
});

test.serial('a transposed convolution', (t) => {
  const [rows, columns, into, out] = [3, 4, 2, 3];
  check(t, {
    shapes: [[1, rows, columns, into], [4, 4, into, out], [out]],
    // A large bias keeps ReLU from acting.
    run: (x, weight, bias) =>
      tf.sub(
        runTransposedConv('up', x as tf.Tensor4D, {
          weights: (name) => (name === 'up.weight' ? weight : tf.add(bias, 50)),
        }),
        50,
      ),
    plain: (x = [], weight = [], bias = []) => {
      const sums = Array.from({ length: 4 * rows * columns * out }, (_, at) => bias[at % out]!);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          for (let i = 0; i < 4; i++)
            for (let j = 0; j < 4; j++) {
              const [down, right] = [2 * row + i - 1, 2 * column + j - 1];
              if (down < 0 || right < 0 || down >= 2 * rows || right >= 2 * columns) continue;
              for (let c = 0; c < into; c++)
                for (let k = 0; k < out; k++)
                  sums[(down * 2 * columns + right) * out + k]! +=
                    x[(row * columns + column) * into + c]! * weight[((i * 4 + j) * into + c) * out + k]!;
            }
      return sums;
    },
  });
});

test.serial('self-attention', (t) => {
  const [n, rows, columns, narrow, wide] = [2, 2, 3, 2, 4];
  const positions = rows * columns;
  check(t, {
    shapes: [...[wide, narrow, narrow, wide].map((channels) => [n, rows, columns, channels]), [1]],
    run: (x, query, key, value, gamma) =>
      attend([x, query, key, value] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor4D], gamma),
    plain: (x = [], query = [], key = [], value = [], gamma = []) =>
      x.map((number, at) => {
        const [channel, cell] = [at % wide, Math.floor(at / wide)];
        const first = Math.floor(cell / positions) * positions;
        const powers = Array.from({ length: positions }, (_, j) => {
          let product = 0;
          for (let c = 0; c < narrow; c++)
            product += query[cell * narrow + c]! * key[(first + j) * narrow + c]!;
          return Math.exp(product);
        });
        const total = powers.reduce((sum, power) => sum + power);
        const seen = powers.reduce((sum, power, j) => sum + power * value[(first + j) * wide + channel]!, 0);
        return number + (gamma[0]! * seen) / total;
      }),
  });
});

test.serial('the largest of the neighbours, with padding that is never the largest', (t) => {
  const [rows, columns] = [4, 5];
  check(t, {
    shapes: [[1, rows, columns, 1]],
    run: (x) => {
      const op = { kind: 'pool', by: 'max', padding: 'same' } as const;
      // All numbers are below 0, so zeros in the padding would win.
      const low = tf.sub<tf.Tensor4D>(x, 3);
      const values = runNodes([{ name: 'pool', inputs: ['x'], op }], new Map([['x', low]]), {
        weights: () => low,
        temperature: 1,
      });
      return tf.add(values.get('pool')!, 3);
    },
    plain: (x = []) =>
      Array.from({ length: 2 * 3 }, (_, at) => {
        const [row, column] = [2 * Math.floor(at / 3), 2 * (at % 3)];
        const near: number[] = [];
        for (let i = row - 1; i <= row + 1; i++)
          for (let j = column - 1; j <= column + 1; j++)
            if (i >= 0 && j >= 0 && i < rows && j < columns) near.push(x[i * columns + j]!);
        return Math.max(...near);
      }),
  });
});
