/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import * as tf from '@tensorflow/tfjs-core';
import { inputOf } from '../learn/step.ts';
import type { NamedWeight, TrainableNetwork } from '../learn/trainable-network.ts';
import type { Scores, Validation, ValidationPicture } from '../learn/validation.ts';

/** How a classification head's scores become colour. */
export interface Calibration {
  /** of the annealed mean */
  readonly temperature: number;
  /** what a class's score gains for each 100 Lab units of its chroma: its bias holds it from then on */
  readonly raise: number;
}

/** Temperatures that are tried: at milder ones colours mix to brown. */
const temperatures = [0.2, 0.25, 0.3, 0.38];
const greatestRaise = 3;
const halvings = 7;
/** A little paler than the truth: what is guessed should not shout. */
const aim = 0.95;

/**
 * Chooses how lively a classification head colours: at each temperature the raise of colourful classes with which the
 * pictures set aside are, in the mean, 0.95 as colourful as their truth; of these, and of the head as it was trained,
 * the one of the best score. Training weighs classes by how rare they are, which is only a guess at this balance.
 * @param network - judged as it is; of a classification head
 * @param bins - a*, b* of each class, `[classes, 2]`
 * @param trained - the temperature of the annealed mean in training
 * @returns the choice, and what it scores
 */
export function calibrate(
  network: TrainableNetwork,
  bins: Float32Array,
  validation: Validation,
  trained: number,
): Calibration & { readonly scores: Scores } {
  const scores = new Map(validation.pictures.map((picture) => [picture, scoresOf(network, picture)]));
  const decoder = new Decoder(bins);
  const colour =
    (calibration: Calibration) =>
    (picture: ValidationPicture): Float32Array =>
      decoder.decode(scores.get(picture)!, calibration);
  const wanted = aim * validation.truthColourfulness;
  const choices = temperatures.map((temperature) => {
    const raise = raiseFor(wanted, (one) => validation.colourfulnessOf(colour({ temperature, raise: one })));
    return { temperature, raise };
  });
  const tried = [{ temperature: trained, raise: 0 }, ...choices].map((choice) => ({
    ...choice,
    scores: validation.scoresOf(colour(choice)),
  }));
  return tried.reduce((best, one) => (one.scores.score < best.scores.score ? one : best));
}

/**
 * Puts a raise into a head's biases.
 * @param weights - of the model, by name; not modified
 */
export function raised(
  weights: ReadonlyMap<string, NamedWeight>,
  bins: Float32Array,
  raise: number,
): ReadonlyMap<string, NamedWeight> {
  const bias = weights.get('head.bias');
  if (bias === undefined) throw new TypeError('expected weights with a head.bias');
  const data = bias.data.map((value, k) => value + raise * chromaOf(bins, k));
  return new Map(weights).set('head.bias', { shape: bias.shape, data });
}

/** Colourfulness rises with the raise: the interval is halved until it is small. Negative where training overdid it. */
function raiseFor(wanted: number, colourfulnessAt: (raise: number) => number): number {
  let [low, high] = [-greatestRaise, greatestRaise];
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (colourfulnessAt(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** @returns `[places, classes]` */
function scoresOf(network: TrainableNetwork, { batch }: ValidationPicture): Float32Array {
  const input = inputOf(batch);
  const scores = tf.tidy(() => network.run(input, 'infer', 1).scores.dataSync() as Float32Array);
  tf.dispose([...input.given.values(), input.embeddings]);
  return scores;
}

/** The annealed mean, as the network itself has it. */
class Decoder {
  readonly #bins: Float32Array;
  readonly #chroma: Float32Array;
  readonly #shares: Float32Array;

  constructor(bins: Float32Array) {
    this.#bins = bins;
    this.#chroma = Float32Array.from({ length: bins.length / 2 }, (_, k) => chromaOf(bins, k));
    this.#shares = new Float32Array(bins.length / 2);
  }

  /** @returns `[2, places]` a*, b*; a new array the caller owns */
  decode(scores: Float32Array, calibration: Calibration): Float32Array {
    const classes = this.#shares.length;
    const places = scores.length / classes;
    const ab = new Float32Array(2 * places);
    for (let place = 0; place < places; place++) this.#decodePlace(scores, place, calibration, ab);
    return ab;
  }

  #decodePlace(
    scores: Float32Array,
    place: number,
    { temperature, raise }: Calibration,
    ab: Float32Array,
  ): void {
    const classes = this.#shares.length;
    let greatest = -Infinity;
    for (let k = 0; k < classes; k++) {
      const score = (scores[place * classes + k]! + raise * this.#chroma[k]!) / temperature;
      this.#shares[k] = score;
      if (score > greatest) greatest = score;
    }
    let [sum, a, b] = [0, 0, 0];
    for (let k = 0; k < classes; k++) {
      const share = Math.exp(this.#shares[k]! - greatest);
      sum += share;
      a += share * this.#bins[2 * k]!;
      b += share * this.#bins[2 * k + 1]!;
    }
    ab[place] = a / sum;
    ab[ab.length / 2 + place] = b / sum;
  }
}

/** In units of 100 Lab. */
function chromaOf(bins: Float32Array, k: number): number {
  return Math.hypot(bins[2 * k]!, bins[2 * k + 1]!) / 100;
}
