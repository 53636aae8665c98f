import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../../errors.ts';
import { requireValue } from '../../../model/require-value.ts';
import { addInceptionV3, trunkPrefix } from '../../../model/tables/inception-v3.ts';
import { NodeList, nodesFor, weightShapesOf, type Node } from '../../../model/tables/nodes.ts';
import { runNodes, toTensorflowLayout } from '../../../model/tfjs/run-nodes.ts';
import type { Batch } from '../batch.ts';
import { halfLightness, pictureStride, pictureTensor } from '../picture-tensor.ts';
import { coloursOf } from './colour-term.ts';
import type { LossTerm, PreparedTerm } from './loss-term.ts';

/** Convolutions of Inception v3 before its first blocks: at a half and at a quarter of its picture. */
const layers = [`${trunkPrefix}conv2d_3`, `${trunkPrefix}conv2d_5`];
const pictureInput = 'picture';
/** The smallest side that these layers can see. */
const leastSide = 20;
/** Keeps the quotient finite for a picture without any detail. */
const leastFeature = 1e-3;

/**
 * The difference between the coloured picture and the true one, as the first layers of Inception v3 see it: for each
 * layer the mean absolute difference of its features, as a share of the mean of the true picture's.
 * @see Johnson, Alahi, Fei-Fei, "Perceptual Losses for Real-Time Style Transfer", ECCV 2016; DeOldify uses VGG16's
 */
export class PerceptualTerm implements LossTerm, Disposable {
  readonly #weight: number;
  readonly #nodes: readonly Node[];
  readonly #weights = new Map<string, tf.Tensor>();

  /**
   * @param weight - in the sum of the terms
   * @param trunk - the weights of Inception v3 by name, in the tables' layout
   */
  constructor(weight: number, trunk: (name: string) => Float32Array) {
    this.#weight = weight;
    const list = new NodeList();
    addInceptionV3(list, pictureInput);
    this.#nodes = nodesFor(list.nodes, layers, [pictureInput]);
    for (const [name, shape] of weightShapesOf(this.#nodes, 0))
      this.#weights.set(name, toTensorflowLayout(name, shape, trunk(name)));
  }

  readonly prepare = (batch: Batch): PreparedTerm => {
    const lightness = halfLightness(batch);
    requireSize(lightness);
    const truth = tf.tidy(() => {
      const colours = coloursOf(batch);
      return this.#featuresOf(pictureTensor(lightness, colours));
    });
    return {
      of: ({ ab }) => {
        const features = this.#featuresOf(pictureTensor(lightness, ab));
        const shares = features.map((layer, i) => shareOf(layer, truth[i]));
        return tf.mul<tf.Scalar>(tf.addN(shares), this.#weight / shares.length);
      },
      [Symbol.dispose]: () => tf.dispose([lightness, ...truth]),
    };
  };

  [Symbol.dispose](): void {
    tf.dispose([...this.#weights.values()]);
  }

  #featuresOf(picture: tf.Tensor4D): tf.Tensor4D[] {
    const input = tf.sub<tf.Tensor4D>(tf.mul(picture, 2), 1);
    const values = runNodes(this.#nodes, new Map([[pictureInput, input]]), {
      weights: (name) => requireValue(this.#weights, name),
      temperature: 1,
    });
    return layers.map((name) => requireValue(values, name));
  }
}

/** @throws {AppError} USAGE if the layers have no padding to see such a small picture */
function requireSize({ shape: [, rows, columns] }: tf.Tensor4D): void {
  if (Math.min(rows, columns) >= leastSide) return;
  throw new AppError(
    'USAGE',
    `perceptual error: expected pictures with sides of at least ${pictureStride * leastSide} pixels but got ${pictureStride * columns}x${pictureStride * rows}`,
    { cure: 'make the set again with a larger --size, or leave the perceptual error out' },
  );
}

function shareOf(features: tf.Tensor4D, truth: tf.Tensor4D | undefined): tf.Scalar {
  if (truth === undefined) throw new TypeError('expected as many layers of the true picture');
  const size = tf.add(tf.mean(tf.abs(truth)), leastFeature);
  return tf.div(tf.mean(tf.abs(tf.sub(features, truth))), size);
}
