/* eslint-disable @typescript-eslint/no-non-null-assertion -- pictures and bins are walked by their own lengths */
import * as tf from '@tensorflow/tfjs-core';
import { chromasOf, raiseUnit } from '../../model/tables/nodes.ts';
import { annealedMean } from '../../model/tfjs/run-nodes.ts';
import type { NamedWeight } from '../learn/layers/trainable-layers.ts';
import type { TrainableNetwork } from '../learn/trainable-network.ts';
import {
  colourfulnessPerUnit,
  infer,
  planesOf,
  type Scores,
  type Validation,
  type ValidationPicture,
} from '../learn/validation.ts';

/** How a classification head's scores become colour. */
export interface Calibration {
  /** of the annealed mean */
  readonly temperature: number;
  /** what is added to a class's score per 100 Lab units of its chroma; it is stored in the bias */
  readonly raise: number;
  /** see `AnnealedMeanOp` */
  readonly fade: number;
}

/** What a calibration needs in addition to the network. */
export interface CalibrateOptions {
  /** a*, b* of each class, `[classes, 2]` */
  readonly bins: Float32Array;
  readonly validation: Validation;
  /** temperature and fade of the annealed mean in training */
  readonly trained: Omit<Calibration, 'raise'>;
  readonly signal: AbortSignal;
  /** desired share of the truth's colourfulness; default 1. Paler colour has a smaller error. */
  readonly liveliness?: number;
  /** pictures judged so far, and in all */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A choice and its scores. */
export interface Calibrated extends Calibration {
  readonly scores: Scores;
}

/** The temperatures to try. At higher ones colours mix to brown. */
const temperatures = [0.2, 0.25, 0.3, 0.38];
/** Whether uncertain colours fade. */
const fades = [0, 2];
const greatestRaise = 3;
/** A search ends when colourfulness is this close, which is 0.01 of the score. */
const nearEnough = 0.1;
const mostSteps = 8;
/** How much colourfulness a raise of 1 is expected to add, until two results are known. */
const usualSlope = 5;

/**
 * Chooses how lively a classification head colours. At each temperature it finds the raise of colourful classes that
 * makes the held-out pictures as colourful as desired on average. From these, and from the head as it was trained, it
 * takes the one with the best score. Training weighs classes by how rare they are, which only guesses this balance.
 * @param network - has a classification head; not modified
 * @returns the choice and its scores
 * @throws the signal's reason when it is aborted
 */
export async function calibrate(
  network: TrainableNetwork,
  { bins, validation, trained, signal, onProgress, liveliness = 1 }: CalibrateOptions,
): Promise<Calibrated> {
  const wanted = liveliness * validation.truthColourfulness;
  using head = new Head(network, bins, validation.pictures);
  const candidates = temperatures.flatMap((temperature) => fades.map((fade) => ({ temperature, fade })));
  const unraised = { ...trained, raise: 0 };
  let best = { ...unraised, scores: await validation.scoresOf(head.at(unraised), signal) };
  let nearby = 0;
  for (const [i, candidate] of candidates.entries()) {
    onProgress?.((i + 1) * validation.count, (candidates.length + 1) * validation.count);
    nearby = await raiseFor(wanted, nearby, (raise) =>
      validation.colourfulnessOf(head.at({ ...candidate, raise }), signal),
    );
    const choice = { ...candidate, raise: nearby };
    const scores = await validation.scoresOf(head.at(choice), signal);
    if (missOf(scores, wanted) < missOf(best.scores, wanted)) best = { ...choice, scores };
  }
  onProgress?.((candidates.length + 1) * validation.count, (candidates.length + 1) * validation.count);
  return best;
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
  const chromas = chromasOf(bins);
  const data = bias.data.map((value, k) => value + (raise * chromas[k]!) / raiseUnit);
  return new Map(weights).set('head.bias', { shape: bias.shape, data });
}

/** Like `Scores.score`, for any desired colourfulness. */
function missOf({ ciede2000, colourfulness }: Scores, wanted: number): number {
  return ciede2000 + Math.abs(colourfulness - wanted) / colourfulnessPerUnit;
}

/**
 * Finds the raise by a secant search within the interval that it must lie in, because colourfulness rises with it. The
 * raise is negative if training made colours too lively.
 * @param guess - the first value to try
 */
async function raiseFor(
  wanted: number,
  guess: number,
  colourfulnessAt: (raise: number) => Promise<number>,
): Promise<number> {
  let [low, high] = [-greatestRaise, greatestRaise];
  let slope = usualSlope;
  let last: { readonly raise: number; readonly excess: number } | undefined;
  let raise = guess;
  for (let step = 0; step < mostSteps; step++) {
    const excess = (await colourfulnessAt(raise)) - wanted;
    if (Math.abs(excess) < nearEnough) break;
    if (excess < 0) low = raise;
    else high = raise;
    if (last !== undefined) slope = (excess - last.excess) / (raise - last.raise);
    last = { raise, excess };
    const next = raise - excess / slope;
    raise = next > low && next < high ? next : (low + high) / 2;
  }
  return raise;
}

/** A head's scores for each picture, from which colours of any calibration are made. */
class Head implements Disposable {
  readonly #bins: tf.Tensor2D;
  readonly #chroma: tf.Tensor1D;
  readonly #scores: ReadonlyMap<ValidationPicture, tf.Tensor4D>;

  constructor(network: TrainableNetwork, bins: Float32Array, pictures: readonly ValidationPicture[]) {
    const classes = bins.length / 2;
    this.#bins = tf.tensor2d(bins, [classes, 2]);
    this.#chroma = tf.tensor1d(chromasOf(bins).map((chroma) => chroma / raiseUnit));
    this.#scores = new Map(
      pictures.map((picture) => [picture, infer(network, picture.batch, 1, ({ scores }) => scores)]),
    );
  }

  /**
   * @returns a function that returns a picture's a*, b*, `[2, rows, columns]`
   */
  at({ temperature, raise, fade }: Calibration): (picture: ValidationPicture) => Float32Array {
    return (picture) => {
      const ab = tf.tidy(() => {
        const scores = tf.add<tf.Tensor4D>(this.#scores.get(picture)!, tf.mul(raise, this.#chroma));
        return annealedMean(scores, this.#bins, { temperature, fade });
      });
      return planesOf(ab);
    };
  }

  [Symbol.dispose](): void {
    tf.dispose([this.#bins, this.#chroma, ...this.#scores.values()]);
  }
}
