import * as tf from '@tensorflow/tfjs-core';

/** The second axis comes last: rows, then columns, then channels again. */
const turn = [0, 2, 3, 1];

/**
 * Enlarges or shrinks pictures bilinearly with half-pixel centres and clamped edges, as two products with constant
 * matrices. It has a gradient on every backend (WASM has none for `resizeBilinear`), and a factor that is independent
 * of the sizes, as in ONNX's Resize. The picture is the left factor of each product; as the right factor, or in many
 * small products, WebAssembly takes several times as long.
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
    const rowsLast = tf.reshape(tf.transpose(x, turn), [n * columns * channels, rows]);
    const tall = tf.reshape<tf.Rank.R4>(tf.matMul(rowsLast, byRows), [n, columns, channels, outRows]);
    const columnsLast = tf.reshape(tf.transpose(tall, turn), [n * channels * outRows, columns]);
    const wide = tf.matMul(columnsLast, byColumns);
    return tf.transpose(tf.reshape<tf.Rank.R4>(wide, [n, channels, outRows, outColumns]), turn);
  });
}

/** Column i contains the weights of the source pixels for result pixel i; [in, out]. */
function weights(inSize: number, outSize: number, factor: number): tf.Tensor2D {
  const matrix = new Float32Array(inSize * outSize);
  for (let i = 0; i < outSize; i++) {
    const at = Math.min(Math.max((i + 0.5) / factor - 0.5, 0), inSize - 1);
    const low = Math.min(Math.floor(at), inSize - 1);
    const high = Math.min(low + 1, inSize - 1);
    matrix[low * outSize + i]! += 1 - (at - low);
    matrix[high * outSize + i]! += at - low;
  }
  return tf.tensor2d(matrix, [inSize, outSize]);
}
