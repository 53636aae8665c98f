/**
 * Question: how fast does each backend of TensorFlow.js train? It measures the parts of a convolution, and a step of the
 * network's decoder with its head on features of 24 x 18 (a picture of 192 x 144).
 *
 *   node dist/bench/tensorflow.js [--backend wasm] [--batch 4,8] [--rounds 5] [--step-only]
 *
 * Without `--backend` it uses the best one that works here. Prints JSON: GFLOP/s and images/s of the fastest round, which
 * other work on the machine disturbs least. To measure two processes at once, start it twice.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { backendNames, openTensorflow } from '../src/model/tfjs/backend.ts';
import { makeDecoderStep } from './support/decoder-step.ts';
import { describeEnvironment } from './support/environment.ts';

interface Layer {
  readonly kernel: 1 | 3;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly height: number;
  readonly width: number;
}

const layers: readonly Layer[] = [
  { kernel: 1, inChannels: 768, outChannels: 256, height: 12, width: 20 },
  { kernel: 3, inChannels: 256, outChannels: 128, height: 27, width: 36 },
  { kernel: 3, inChannels: 128, outChannels: 96, height: 27, width: 36 },
];
const plain = { strides: 1, pad: 'same', dataFormat: 'NHWC' };
const warmUps = 2;

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'auto' },
    batch: { type: 'string', default: '4,8' },
    rounds: { type: 'string', default: '5' },
    'step-only': { type: 'boolean', default: false },
  },
});
const load = loadavg()[0];
const rounds = z.coerce.number().int().min(1).parse(values.rounds);
const batches = values.batch.split(',').map((each) => z.coerce.number().int().min(1).parse(each));
const choice = z.enum(['auto', ...backendNames]).parse(values.backend);
const { name, engine, why } = await openTensorflow(choice);

const figures = {
  question: 'speed of training on a backend of TensorFlow.js: convolutions, and a step of the decoder',
  environment: { ...(await describeEnvironment()), loadBefore: load },
  backend: { name, engine, why },
  rounds,
  convolutions: values['step-only']
    ? []
    : batches.flatMap((batch) => layers.map((layer) => measureLayer(layer, batch))),
  decoderStep: batches.map(measureStep),
};
console.log(JSON.stringify(figures, null, 2));

/** The three parts of training a convolution. */
function measureLayer(layer: Layer, batch: number): Record<string, unknown> {
  const { kernel, inChannels, outChannels, height, width } = layer;
  const x = tf.randomUniform<tf.Rank.R4>([batch, height, width, inChannels]);
  const filter = tf.randomUniform<tf.Rank.R4>([kernel, kernel, inChannels, outChannels]);
  const dy = tf.randomUniform<tf.Rank.R4>([batch, height, width, outChannels]);
  const flops = 2 * batch * height * width * kernel ** 2 * inChannels * outChannels;
  const run = (kernelName: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): void =>
    tf.tidy(() => void tf.engine().runKernel(kernelName, inputs, { ...plain, ...attributes }));
  const parts = {
    forward: () => run(tf.Conv2D, { x, filter }, { dilations: 1 }),
    inputGradient: () => run(tf.Conv2DBackpropInput, { dy, filter }, { inputShape: x.shape }),
    filterGradient: () => run(tf.Conv2DBackpropFilter, { x, dy }, { filterShape: filter.shape }),
  };
  const speeds = Object.entries(parts).map(([part, task]) => [part, speedOf(task, batch, flops)] as const);
  tf.dispose([x, filter, dy]);
  const what = `${kernel}x${kernel}, ${inChannels} to ${outChannels} channels, ${width} x ${height}, batch ${batch}`;
  return { what, ...Object.fromEntries(speeds) };
}

function measureStep(batch: number): Record<string, unknown> {
  using step = makeDecoderStep(batch);
  return { batch, ...speedOf(() => step.run(), batch, step.flops) };
}

/** The backends compute before a call returns, so the time of the call is the time of the computation. */
function speedOf(task: () => unknown, images: number, flops: number): { gflops: number; images: number } {
  for (let i = 0; i < warmUps; i++) task();
  const samples = Array.from({ length: rounds }, () => {
    const startMs = performance.now();
    task();
    return performance.now() - startMs;
  });
  const ms = Math.min(...samples);
  return { gflops: Math.round(flops / ms / 1e5) / 10, images: Math.round((10_000 * images) / ms) / 10 };
}
