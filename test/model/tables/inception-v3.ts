import { InferenceSession, Tensor } from 'onnxruntime-node';
import test from 'ava';
import { bundledEmbedding } from '../../../src/model/embedding/embedding-file.ts';
import { buildGraph } from '../../../src/model/onnx/onnx-graph.ts';
import { addInceptionV3 } from '../../../src/model/tables/inception-v3.ts';
import { lumaInput, NodeList } from '../../../src/model/tables/nodes.ts';
import { readTrunkWeights } from '../../../src/model/weights/trunk-weights.ts';
import { relativeError, starterCheck, trunkCheck } from '../../helpers/model-fixtures.ts';

test("the trunk's maps are those of Inception v3 in PyTorch", async (t) => {
  const list = new NodeList();
  const picture = list.add('picture', { kind: 'grayStack' }, lumaInput);
  const { mixed2, mixed7 } = addInceptionV3(list, picture);
  const graph = buildGraph(list.nodes, await readTrunkWeights(await bundledEmbedding()), [mixed2, mixed7]);
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 2, logSeverityLevel: 3 });
  const result = await session.run({
    [lumaInput]: new Tensor('uint8', starterCheck().luma299, [1, 1, 299, 299]),
  });
  const expected = trunkCheck();
  t.deepEqual(result[mixed2]?.dims, [1, 288, 35, 35]);
  t.deepEqual(result[mixed7]?.dims, [1, 768, 17, 17]);
  t.true(relativeError(channelMeans(result[mixed2]), expected.mixed2) < 1e-3);
  t.true(relativeError(channelMeans(result[mixed7]), expected.mixed7) < 1e-3);
  await session.release();
});

function channelMeans(map: Tensor | undefined): number[] {
  if (!(map?.data instanceof Float32Array)) throw new TypeError('expected a map of floats');
  const { data } = map;
  const places = (map.dims[2] ?? NaN) * (map.dims[3] ?? NaN);
  return Array.from({ length: data.length / places }, (_, channel) =>
    data.subarray(channel * places, (channel + 1) * places).reduce((sum, value) => sum + value / places, 0),
  );
}
