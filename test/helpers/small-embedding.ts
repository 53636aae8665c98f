/** A user's embedding network, for films whose colour a test does not look at: Inception v3 takes a third of their time. */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OnnxBuilder } from '../../src/model/onnx/onnx-builder.ts';

/** The length of the vectors that the models were trained with. */
const length = 2048;

/** The file: it gives the mean of a picture times 2048 numbers. The process removes it when it ends. */
export const smallEmbedding = join(tmpdir(), `chromafeed-embedding-${process.pid}.onnx`);

writeFileSync(smallEmbedding, meanNetwork());
process.once('exit', () => rmSync(smallEmbedding, { force: true }));

function meanNetwork(): Uint8Array {
  const graph = new OnnxBuilder('mean');
  const picture = graph.input('picture', 'float32', [1, 1, 299, 299]);
  const mean = graph.add('ReduceMean', [picture], { axes: [2, 3], keepdims: 0 });
  const factors = Float32Array.from({ length }, (_, i) => 0.4 * (1 + Math.sin(i)));
  graph.output(graph.add('MatMul', [mean, graph.constant('factors', [1, length], factors)]), 'vector', [
    1,
    length,
  ]);
  return graph.encode();
}
