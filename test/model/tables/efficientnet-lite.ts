import { InferenceSession, Tensor } from 'onnxruntime-node';
import test from 'ava';
import { loadModel } from '../../../src/model/model.ts';
import { buildGraph } from '../../../src/model/onnx/onnx-graph.ts';
import { openColorizer } from '../../../src/model/open-colorizer.ts';
import { addEfficientNetLite } from '../../../src/model/tables/efficientnet-encoder.ts';
import { encoderOf, networkNodes } from '../../../src/model/tables/network.ts';
import { lumaInput, NodeList, nodesFor } from '../../../src/model/tables/nodes.ts';
import { readWeights } from '../../../src/model/weights/read-weights.ts';
import { efficientNetCheck, relativeError, starterCheck } from '../../helpers/model-fixtures.ts';

const { luma, size, embedding } = starterCheck();

test("the encoder's maps are those of EfficientNet-Lite in PyTorch", async (t) => {
  const { manifest, weights } = await loadModel('efficientnet-lite');
  const maps = addEfficientNetLite(new NodeList(), lumaInput, encoderOf(manifest)).map(({ value }) => value);
  const nodes = nodesFor(networkNodes(manifest), maps);
  const session = await InferenceSession.create(buildGraph(nodes, await readWeights(weights), maps));
  const result = await session.run({
    [lumaInput]: new Tensor('uint8', luma, [1, 1, size.heightPx, size.widthPx]),
  });
  // 96 x 72 becomes 120 x 90, so the sides of some maps are odd.
  t.deepEqual(
    maps.map((name) => result[name]?.dims),
    [
      [1, 24, 23, 30],
      [1, 40, 12, 15],
      [1, 112, 6, 8],
      [1, 320, 3, 4],
    ],
  );
  for (const [index, expected] of efficientNetCheck().mapMeans.entries())
    t.true(relativeError(channelMeans(result[maps[index] ?? '']), expected) < 1e-4, `map ${index}`);
  await session.release();
});

for (const engine of ['onnx', 'tensorflow'] as const)
  test(`${engine}: efficientnet-lite colours its check picture as PyTorch does, also livelier`, async (t) => {
    await using colorizer = await openColorizer({
      model: await loadModel('efficientnet-lite'),
      engine,
      device: 'cpu',
      precision: 'float32',
    });
    const conditions = [colorizer.condition(embedding)];
    const { ab, livelyAb } = efficientNetCheck();
    const at = async (liveliness?: number): Promise<Float32Array> =>
      (await colorizer.colorize({ pictures: [luma], size, conditions, liveliness }))[0] ?? new Float32Array();
    t.true(relativeError(await at(), ab) < 1e-3);
    t.true(relativeError(await at(1), ab) < 1e-3);
    t.true(relativeError(await at(1.6), livelyAb) < 1e-3);
    await t.throwsAsync(at(2.1), { code: 'USAGE', message: /liveliness: expected 0\.\.2 but got 2\.1/ });
  });

function channelMeans(map: Tensor | undefined): number[] {
  if (!(map?.data instanceof Float32Array)) throw new TypeError('expected a map of floats');
  const { data } = map;
  const places = (map.dims[2] ?? NaN) * (map.dims[3] ?? NaN);
  return Array.from({ length: data.length / places }, (_, channel) =>
    data.subarray(channel * places, (channel + 1) * places).reduce((sum, value) => sum + value / places, 0),
  );
}
