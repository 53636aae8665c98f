import * as tf from '@tensorflow/tfjs-core';
import { conditionSize, decoder, type ConvStep, type Step } from '../../src/model/layers.ts';

/** Classes of the starter model's head. */
const classes = 189;
/** Features of a picture of 192 x 144, an eighth of its size. */
const features = { height: 18, width: 24 };

/** A training step of the network's decoder with its head, on made features: what a camera's own model trains. */
export interface DecoderStep extends Disposable {
  readonly images: number;
  /** of the convolutions: forward, filters' gradients, inputs' gradients but the first's */
  readonly flops: number;
  /** One step of Adam. @returns the loss before it */
  run(): number;
}

/**
 * Makes a training step on the backend that is in effect.
 * @param images - in one batch
 * @returns it owns weights, batch and optimizer; the caller frees it
 */
export function makeDecoderStep(images: number): DecoderStep {
  const { height, width } = features;
  const layers = layersOf([...decoder, head()], height * width);
  const weights = layers.map(({ step }) => makeWeights(step));
  const x = tf.randomUniform<tf.Rank.R4>([images, height, width, conditionSize], 0, 1, 'float32', 1);
  const wanted = tf.tidy(() =>
    tf.softmax(tf.randomUniform([images, 2 * height, 2 * width, classes], -3, 3, 'float32', 2)),
  );
  const optimizer = tf.train.adam(1e-3);
  const variables = weights.flatMap(({ filter, bias }) => [filter, bias]);
  const loss = (): tf.Scalar => crossEntropy(wanted, forward(x, layers, weights));
  return {
    images,
    flops: images * layers.reduce((sum, layer, index) => sum + (index === 0 ? 2 : 3) * layer.flops, 0),
    run() {
      const cost = optimizer.minimize(loss, true, variables);
      const [value = NaN] = cost?.dataSync() ?? [];
      cost?.dispose();
      return value;
    },
    [Symbol.dispose]() {
      optimizer.dispose();
      tf.dispose([x, wanted, ...variables]);
    },
  };
}

interface Layer {
  readonly step: ConvStep;
  readonly isEnlarged: boolean;
  /** of one forward pass of one picture */
  readonly flops: number;
}
interface Weights {
  readonly filter: tf.Variable<tf.Rank.R4>;
  readonly bias: tf.Variable<tf.Rank.R1>;
}

function head(): ConvStep {
  const size = { inChannels: 64, outChannels: classes, kernel: 1, stride: 1 } as const;
  return { kind: 'conv', name: 'head', ...size, activation: 'none' };
}

/** The convolutions in their order, each with the enlargement before it. */
function layersOf(steps: readonly Step[], places: number): Layer[] {
  const layers: Layer[] = [];
  let isEnlarged = false;
  let scale = 1;
  for (const step of steps) {
    if (step.kind === 'upsample') {
      isEnlarged = true;
      scale *= 4;
    } else if (step.kind === 'conv') {
      const products = step.kernel ** 2 * step.inChannels * step.outChannels;
      layers.push({ step, isEnlarged, flops: 2 * products * places * scale });
      isEnlarged = false;
    }
  }
  return layers;
}

function makeWeights({ kernel, inChannels, outChannels }: ConvStep): Weights {
  const shape: [number, number, number, number] = [kernel, kernel, inChannels, outChannels];
  const deviation = Math.sqrt(2 / (kernel ** 2 * inChannels));
  return tf.tidy(() => ({
    filter: tf.variable(tf.randomNormal<tf.Rank.R4>(shape, 0, deviation, 'float32', 3)),
    bias: tf.variable(tf.zeros<tf.Rank.R1>([outChannels])),
  }));
}

function forward(x: tf.Tensor4D, layers: readonly Layer[], weights: readonly Weights[]): tf.Tensor4D {
  return layers.reduce((input, { step, isEnlarged }, index) => {
    const { filter, bias } = weights[index]!;
    const [, height, width] = input.shape;
    const enlarged = isEnlarged ? tf.image.resizeNearestNeighbor(input, [2 * height, 2 * width]) : input;
    const sum = tf.add<tf.Tensor4D>(tf.conv2d(enlarged, filter, step.stride, 'same'), bias);
    return step.activation === 'relu' ? tf.relu(sum) : sum;
  }, x);
}

function crossEntropy(wanted: tf.Tensor, logits: tf.Tensor): tf.Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), -1)));
}
