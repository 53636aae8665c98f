import * as tf from '@tensorflow/tfjs-core';
import { networkNodes, type NetworkSpec } from '../../src/model/tables/network.ts';
import { nodesFor } from '../../src/model/tables/nodes.ts';
import { cutsOf } from '../../src/train/features/cuts.ts';
import { Adam } from '../../src/train/learn/adam.ts';
import { takeStep } from '../../src/train/learn/step.ts';
import { ColourCodes } from '../../src/train/learn/colour-codes.ts';
import { TrainableNetwork } from '../../src/train/learn/trainable-network.ts';
import { randomFrom } from '../../src/train/random.ts';

/** Size of the features of a picture of 192 x 144: an eighth of it. */
const features = { rows: 18, columns: 24, channels: 256 };
const embeddingSize = 2048;
/** As many bins as the starter model has, at invented positions. */
const classes = 189;

/** A training step of the first network's fusion and decoder, on invented features. */
export interface DecoderStep extends Disposable {
  readonly images: number;
  /** of the convolutions: forward, gradients of the filters, gradients of the inputs except the first */
  readonly flops: number;
  /** Runs one step of Adam. @returns the loss before the step */
  run(): number;
}

/**
 * Makes a training step on the active backend.
 * @param images - in one batch
 * @returns a step that owns weights, batch and optimizer; the caller frees it
 */
export function makeDecoderStep(images: number): DecoderStep {
  const spec: NetworkSpec = {
    architecture: 'koalarization',
    head: { kind: 'classification', stride: 4, classes },
  };
  const random = randomFrom(1);
  const bins = Float32Array.from({ length: 2 * classes }, () => random.between(-60, 60));
  const plan = { spec, cuts: cutsOf(spec, 'decoder'), embeddingSize, hasNorm: false };
  const network = new TrainableNetwork(plan, (name) => (name === 'head.bins' ? bins : undefined), 1);
  const optimizer = new Adam(network.trained, 5);
  const { rows, columns, channels } = features;
  const shape = [images, rows, columns, channels] as const;
  const batch = {
    count: images,
    grid: [2 * rows, 2 * columns] as const,
    features: new Map([
      ['encoder.7', { shape, data: Float32Array.from({ length: shape.reduce(product) }, random.uniform) }],
    ]),
    embeddings: Float32Array.from({ length: images * embeddingSize }, random.uniform),
    ab: Int8Array.from({ length: images * 8 * rows * columns }, () => random.between(-60, 60)),
  };
  const tools = {
    network,
    optimizer,
    embeddingDropout: 0,
    objective: { kind: 'rebalanced', lambda: 0.5, meanWeight: 0, temperature: 0.38 } as const,
    classes: { codes: new ColourCodes(bins), weights: new Float32Array(classes).fill(1) },
  };
  let step = 0;
  return {
    images,
    flops: images * flopsOf(spec),
    run: () => takeStep(tools, batch, { step: step++, learningRate: 1e-3, random }).loss,
    [Symbol.dispose]() {
      optimizer[Symbol.dispose]();
      network[Symbol.dispose]();
      tf.disposeVariables();
    },
  };
}

/** For one picture. The first convolution needs no gradient of its input. */
function flopsOf(spec: NetworkSpec): number {
  let places = features.rows * features.columns;
  let flops = 0;
  for (const { name, op } of nodesFor(networkNodes(spec), ['head'], ['encoder.7'])) {
    if (op.kind === 'upsample') places *= 4;
    if (op.kind !== 'conv') continue;
    const forward = 2 * op.kernel[0] * op.kernel[1] * op.inChannels * op.outChannels * places;
    flops += (name === 'fusion.features' ? 2 : 3) * forward;
  }
  return flops;
}

function product(a: number, b: number): number {
  return a * b;
}
