import test from 'ava';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { loadModel } from '../../../src/model/model.ts';
import { buildGraph, buildNetwork } from '../../../src/model/onnx/onnx-graph.ts';
import { decodeModel } from '../../../src/model/onnx/onnx-file.ts';
import { measureRanges } from '../../../src/model/onnx/measure-ranges.ts';
import type { ActivationRanges } from '../../../src/model/onnx/quantize.ts';
import { conditionSize, lumaInput, NodeList } from '../../../src/model/tables/nodes.ts';
import { readWeights } from '../../../src/model/weights/read-weights.ts';

const size = { widthPx: 64, heightPx: 48 };

/** A smooth pattern in which every region differs from the others. */
function picture(phase: number): Uint8Array {
  return Uint8Array.from({ length: size.widthPx * size.heightPx }, (_, i) => {
    const [x, y] = [i % size.widthPx, Math.floor(i / size.widthPx)];
    return 128 + 90 * Math.sin(x / 7 + phase) * Math.cos(y / 5 - phase) + (i % 11);
  });
}

async function run(graph: Uint8Array, feeds: Record<string, Tensor>, output: string): Promise<Float32Array> {
  const session = await InferenceSession.create(graph);
  const wanted = Object.fromEntries(
    Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)),
  );
  const result = await session.run(wanted);
  await session.release();
  return result[output]?.data as Float32Array;
}

test('the light network gives nearly the same answer in 8 bits as in float32', async (t) => {
  const { manifest, weights } = await loadModel('efficientnet-lite');
  const read = await readWeights(weights);
  const graphs = [
    buildNetwork(manifest, read),
    buildNetwork(manifest, read, { ranges: manifest.activations }),
  ];
  t.true((graphs[1]?.length ?? Infinity) < 0.35 * (graphs[0]?.length ?? 0), 'a third of the size');
  const feeds = {
    luma: new Tensor('uint8', picture(1), [1, 1, size.heightPx, size.widthPx]),
    condition: new Tensor('float32', new Float32Array(conditionSize), [1, conditionSize]),
    temperature: new Tensor('float32', Float32Array.of(0.2), []),
    raise: new Tensor('float32', Float32Array.of(0), []),
  };
  const [float, bytes] = await Promise.all(graphs.map((graph) => run(graph, feeds, 'ab')));
  const mean = (values: Float32Array): number =>
    values.reduce((sum, v) => sum + Math.abs(v), 0) / values.length;
  const difference = mean(float!.map((value, i) => value - bytes![i]!));
  t.true(difference > 0 && difference < 2, `${difference} of ${mean(float!)}`);
});

test('8-bit sums of large weights and large values do not overflow', async (t) => {
  const channels = 32;
  const list = new NodeList();
  const first = list.add('first', { kind: 'shiftScale', centre: 0, unit: 255 }, lumaInput);
  const wide = list.conv('wide', first, [1, channels], { kernel: [1, 1], activation: 'relu' });
  const sum = list.conv('sum', wide, [channels, 8], { kernel: [1, 1], activation: 'none' });
  const weights = (name: string): Float32Array => {
    if (name.endsWith('.bias')) return new Float32Array(name === 'sum.bias' ? 8 : channels);
    return new Float32Array(name === 'sum.weight' ? 8 * channels : channels).fill(1);
  };
  const ranges: ActivationRanges = { wide: [0, 1], sum: [0, channels] };
  const luma = new Tensor('uint8', new Uint8Array(64).fill(255), [1, 1, 8, 8]);
  const got = await run(buildGraph(list.nodes, weights, [sum], { ranges }), { luma }, 'sum');
  t.true(
    got.every((value) => Math.abs(value - channels) < 0.3),
    `${got[0]}`,
  );
});

test('weights in 8 bits are the rounded steps, and the two largest of a channel add up to 128 at most', (t) => {
  const [channels, inputs] = [16, 40];
  const list = new NodeList();
  const first = list.add('first', { kind: 'shiftScale', centre: 0, unit: 255 }, lumaInput);
  const wide = list.conv('wide', first, [1, inputs], { kernel: [1, 1], activation: 'relu' });
  const sum = list.conv('sum', wide, [inputs, channels], { kernel: [1, 1], activation: 'none' });
  // Channels of either sign, of both signs, and of zeros only.
  const given = Float32Array.from({ length: channels * inputs }, (_, i) => {
    const c = Math.floor(i / inputs);
    return c === 0 ? 0 : Math.sin(i * i) + [0, 1, -1][c % 3]!;
  });
  const weights = (name: string): Float32Array => {
    if (name === 'sum.weight') return given;
    return new Float32Array(name === 'sum.bias' ? channels : inputs);
  };
  const ranges: ActivationRanges = { wide: [0, 1], sum: [0, 1] };
  const { graph } = decodeModel(buildGraph(list.nodes, weights, [sum], { ranges }));
  const bits =
    graph?.initializer?.find(({ name }) => name === 'sum.weight.int8')?.rawData ?? new Uint8Array();
  const expected = Array.from({ length: channels }, (_, c) => {
    const own = [...given.subarray(c * inputs, (c + 1) * inputs)].sort((a, b) => b - a);
    const pair = (two: readonly number[]): number =>
      two.map((value) => Math.max(0, value)).reduce((total, value) => total + value);
    const low = own.map((value) => -value).reverse();
    const most = Math.max(own[0]!, low[0]!, pair(own.slice(0, 2)), pair(low.slice(0, 2)));
    const step = Math.max(most / 127, 1e-8);
    return [...given.subarray(c * inputs, (c + 1) * inputs)].map((value) => Math.round(value / step) + 0);
  });
  t.deepEqual([...new Int8Array(bits.buffer, bits.byteOffset, bits.length)], expected.flat());
});

test('the ranges cover the values that the pictures produce', async (t) => {
  const { manifest, weights } = await loadModel('efficientnet-lite');
  const condition = new Float32Array(conditionSize);
  const one = { size, luma: picture(0), condition };
  const read = await readWeights(weights);
  const narrow = await measureRanges(manifest, read, [one]);
  const wide = await measureRanges(manifest, read, [one, { size, luma: picture(2), condition }]);
  t.deepEqual(Object.keys(narrow).sort(), Object.keys(manifest.activations ?? {}).sort());
  for (const [name, [least, greatest]] of Object.entries(narrow)) {
    const [low = NaN, high = NaN] = wide[name] ?? [];
    t.true(low <= least && high >= greatest && high <= 1e3, name);
  }
  t.false('head' in narrow, 'scores stay exact');
});
