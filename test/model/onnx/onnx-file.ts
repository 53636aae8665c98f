import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import test from 'ava';
import { messagesModule } from '../../../scripts/onnx-messages.ts';
import { OnnxBuilder } from '../../../src/model/onnx/onnx-builder.ts';
import { decodeModel, encodeModel } from '../../../src/model/onnx/onnx-file.ts';

/** Turns [n, 1, 2, 2] bytes into twice their mean over the picture. */
function meanGraph(): Uint8Array {
  const graph = new OnnxBuilder('mean');
  const picture = graph.cast(graph.input('picture', 'uint8', ['n', 1, 2, 2]), 'float32');
  const mean = graph.add('ReduceMean', [picture], { axes: [2, 3], keepdims: 0 });
  graph.output(graph.add('Mul', [mean, graph.constant('two', [], Float32Array.of(2))]), 'doubled', ['n', 1]);
  return graph.encode();
}

test('onnxruntime computes the result of a graph', async (t) => {
  const session = await InferenceSession.create(meanGraph());
  t.deepEqual(
    session.inputMetadata.map((input) => (input.isTensor ? [input.name, input.type, input.shape] : [])),
    [['picture', 'uint8', ['n', 1, 2, 2]]],
  );
  const picture = new Tensor('uint8', Uint8Array.of(1, 2, 3, 4, 200, 100, 0, 60), [2, 1, 2, 2]);
  const { doubled } = await session.run({ picture });
  t.deepEqual([...(doubled?.data ?? [])], [5, 180]);
  await session.release();
});

test('decoding a graph and encoding it again gives the same file', (t) => {
  const file = meanGraph();
  const model = decodeModel(file);
  t.is(model.opsetImport?.[0]?.version, 15);
  t.deepEqual(model.graph?.initializer?.[0]?.rawData?.length, 4);
  t.deepEqual(Buffer.from(encodeModel(model)), Buffer.from(file));
});

test('onnx-messages.ts is made from onnx.proto', (t) => {
  const source = (name: string): string =>
    readFileSync(new URL(`../../../../src/model/onnx/${name}`, import.meta.url), 'utf8');
  t.is(source('onnx-messages.ts'), messagesModule(source('onnx.proto')));
});
