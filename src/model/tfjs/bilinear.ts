import * as tf from '@tensorflow/tfjs-core';

/**
 * Enlarges or shrinks pictures bilinearly, half-pixel centres, edges clamped: as two products with constant
 * matrices. It has a gradient on every backend (WASM has none for `resizeBilinear`), and takes a factor apart
 * from the sizes, as ONNX's Resize does.
 * @param x - [n, rows, columns, channels]
 * @param size - rows and columns of the result
 * @param factor - result pixels per source pixel, each way; absent: by the sizes
 * @returns [n, ...size, channels]
 */
export function resizeBilinear(
  x: tf.Tensor4D,
  size: readonly [number, number],
  factor?: number,
): tf.Tensor4D {
  const [n, rows, columns, channels] = x.shape;
  const [outRows, outColumns] = size;
  return tf.tidy(() => {
    const byRows = weights(rows, outRows, factor ?? outRows / rows);
    const byColumns = weights(columns, outColumns, factor ?? outColumns / columns);
    const tall = tf.matMul(byRows, tf.reshape(x, [n, rows, columns * channels]));
    const wide = tf.matMul(byColumns, tf.reshape(tall, [n * outRows, columns, channels]));
    return tf.reshape(wide, [n, outRows, outColumns, channels]);
  });
}

/** Row i holds the shares of the source's pixels in the result's pixel i; [1, out, in]. */
function weights(inSize: number, outSize: number, factor: number): tf.Tensor3D {
  const matrix = new Float32Array(outSize * inSize);
  for (let i = 0; i < outSize; i++) {
    const at = Math.min(Math.max((i + 0.5) / factor - 0.5, 0), inSize - 1);
    const low = Math.min(Math.floor(at), inSize - 1);
    const high = Math.min(low + 1, inSize - 1);
    matrix[i * inSize + low]! += 1 - (at - low);
    matrix[i * inSize + high]! += at - low;
  }
  return tf.tensor3d(matrix, [1, outSize, inSize]);
}
