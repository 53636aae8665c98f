/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import * as tf from '@tensorflow/tfjs-core';
import type { SizePx } from '../../frame.ts';
import { meanCiede2000 } from '../../evaluate/metrics/ciede2000.ts';
import { colourfulness } from '../../evaluate/metrics/colourfulness.ts';
import { labOfRgb } from '../../evaluate/metrics/lab-picture.ts';
import { psnrDb } from '../../evaluate/metrics/psnr.ts';
import type { Batch } from './batch.ts';
import { colourPicture, grayPicture } from './colour-picture.ts';
import { shownPicture } from './shown-picture.ts';
import { disposeOfInput, inputOf } from './step.ts';
import type { NetworkAnswer, TrainableNetwork } from './trainable-network.ts';

/** A held-out picture, with its truth. */
export interface ValidationPicture {
  readonly size: SizePx;
  /** `[h * w]` bytes */
  readonly luma: Uint8Array;
  /** `[2, h, w]` a*, b* */
  readonly ab: Int8Array;
  /** the network's input: a batch of only this picture */
  readonly batch: Batch;
}

/** Scores of one picture, or means over several. */
interface Judged {
  /** RGB, decibels */
  readonly psnrDb: number;
  /** mean colour difference */
  readonly ciede2000: number;
  readonly colourfulness: number;
}

/** Means over the held-out pictures. */
export interface Scores extends Judged {
  /** CIEDE2000, plus how far the colourfulness is from the truth's; lower is better */
  readonly score: number;
}

/** The result of judging a network. */
export interface Judgement {
  readonly scores: Scores;
  /** what else was measured, by name */
  readonly measures?: Readonly<Record<string, number>>;
}

/** What to compare scores with. */
export interface References {
  readonly truthColourfulness: number;
  /** of pictures without any colour */
  readonly gray: Scores;
}

/** Returns a picture's a*, b* on its batch's grid, `[2, rows, columns]`. */
export type Colors = (picture: ValidationPicture) => Float32Array;

/** A picture in three versions, as sRGB bytes [h * w * 3]. */
export interface ValidationExample {
  readonly size: SizePx;
  readonly gray: Uint8Array;
  readonly output: Uint8Array;
  readonly truth: Uint8Array;
}

/** This difference in colourfulness counts like one unit of CIEDE2000. */
export const colourfulnessPerUnit = 10;

/**
 * Judges a network on pictures that it does not learn from, by what the program would show. Error and liveliness count
 * together, because the least error alone leads to nearly gray pictures.
 */
export class Validation {
  readonly pictures: readonly ValidationPicture[];
  /** mean over the pictures */
  readonly truthColourfulness: number;
  readonly #truths: readonly Uint8Array[];

  constructor(pictures: readonly ValidationPicture[]) {
    this.pictures = pictures;
    this.#truths = pictures.map(({ luma, ab }) => colourPicture(luma, ab));
    this.truthColourfulness = mean(this.#truths.map((rgb) => colourfulness(rgb)));
  }

  get count(): number {
    return this.pictures.length;
  }

  /** Of the truth itself, and of gray. */
  references(): References {
    const gray = this.pictures.map((picture, i) => this.#judge(grayPicture(picture.luma), i));
    return { truthColourfulness: this.truthColourfulness, gray: this.#meansOf(gray) };
  }

  /**
   * Scores a network.
   * @throws the signal's reason when it is aborted
   */
  score(network: TrainableNetwork, temperature: number, signal: AbortSignal): Promise<Scores> {
    return this.scoresOf((picture) => colorsOf(network, picture, temperature), signal);
  }

  /**
   * Scores a network, and measures how often it knows the scene, if it classifies scenes and pictures have labels.
   * @throws the signal's reason when it is aborted
   */
  async judge(network: TrainableNetwork, temperature: number, signal: AbortSignal): Promise<Judgement> {
    const scores = await this.score(network, temperature, signal);
    const sceneAccuracy = sceneAccuracyOf(network, this.pictures);
    return sceneAccuracy === undefined ? { scores } : { scores, measures: { sceneAccuracy } };
  }

  /**
   * Scores colours that come from elsewhere.
   * @throws the signal's reason when it is aborted
   */
  async scoresOf(colors: Colors, signal: AbortSignal): Promise<Scores> {
    return this.#meansOf(await this.#each(colors, signal, (rgb, i) => this.#judge(rgb, i)));
  }

  /** Only the mean colourfulness, of colours as for `scoresOf`. This takes a tenth of the time. */
  async colourfulnessOf(colors: Colors, signal: AbortSignal): Promise<number> {
    return mean(await this.#each(colors, signal, (rgb) => colourfulness(rgb)));
  }

  /** Gray, coloured and true versions of the first pictures, for a sheet. */
  examples(network: TrainableNetwork, temperature: number, count: number): ValidationExample[] {
    return this.pictures.slice(0, count).map((picture, i) => ({
      size: picture.size,
      gray: grayPicture(picture.luma),
      output: coloured(picture, colorsOf(network, picture, temperature)),
      truth: this.#truths[i]!,
    }));
  }

  async #each<T>(
    colors: Colors,
    signal: AbortSignal,
    judge: (rgb: Uint8Array, index: number) => T,
  ): Promise<T[]> {
    const judged: T[] = [];
    for (const [i, picture] of this.pictures.entries()) {
      // A signal arrives only when the event loop turns.
      await new Promise(setImmediate);
      signal.throwIfAborted();
      judged.push(judge(coloured(picture, colors(picture)), i));
    }
    return judged;
  }

  #judge(rgb: Uint8Array, index: number): Judged {
    const truth = this.#truths[index]!;
    return {
      psnrDb: psnrDb(rgb, truth),
      ciede2000: meanCiede2000(labOfRgb(rgb), labOfRgb(truth)),
      colourfulness: colourfulness(rgb),
    };
  }

  #meansOf(judged: readonly Judged[]): Scores {
    const ciede2000 = mean(judged.map((one) => one.ciede2000));
    const lively = mean(judged.map((one) => one.colourfulness));
    return {
      psnrDb: mean(judged.map((one) => one.psnrDb)),
      ciede2000,
      colourfulness: lively,
      score: ciede2000 + Math.abs(lively - this.truthColourfulness) / colourfulnessPerUnit,
    };
  }
}

function colorsOf(
  network: TrainableNetwork,
  { batch }: ValidationPicture,
  temperature: number,
): Float32Array {
  return planesOf(infer(network, batch, temperature, (answer) => answer.ab));
}

/** Share of the pictures with a label whose scene has the highest score; undefined if there are none. */
function sceneAccuracyOf(
  network: TrainableNetwork,
  pictures: readonly ValidationPicture[],
): number | undefined {
  const labelled = pictures.flatMap(({ batch }) => ((batch.labels?.[0] ?? -1) < 0 ? [] : [batch]));
  if (!network.hasScenes || labelled.length === 0) return undefined;
  const hits = labelled.filter((batch) => {
    const scores = infer(network, batch, 1, ({ scenes, ab }) => scenes ?? ab);
    const best = tf.tidy(() => tf.argMax(tf.reshape(scores, [scores.size])).dataSync()[0]);
    scores.dispose();
    return best === batch.labels?.[0];
  });
  return hits.length / labelled.length;
}

/**
 * Runs a network as for use, not as in training.
 * @param pick - which of its answers
 * @returns a tensor the caller owns
 */
export function infer(
  network: TrainableNetwork,
  batch: Batch,
  temperature: number,
  pick: (answer: NetworkAnswer) => tf.Tensor4D,
): tf.Tensor4D {
  const input = inputOf(batch);
  const picked = tf.tidy(() => pick(network.run(input, 'infer', temperature)));
  disposeOfInput(input);
  return picked;
}

/**
 * Colours as the rest of the program has them.
 * @param ab - [n, rows, columns, 2]; the function disposes of it
 * @returns `[n, 2, rows, columns]`; a new array the caller owns
 */
export function planesOf(ab: tf.Tensor4D): Float32Array {
  const planes = tf.tidy(() => tf.transpose(ab, [0, 3, 1, 2]).dataSync() as Float32Array);
  ab.dispose();
  return planes;
}

function coloured({ size, luma, batch }: ValidationPicture, ab: Float32Array): Uint8Array {
  return shownPicture(luma, ab, batch.grid, size);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
