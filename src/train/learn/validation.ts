/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import * as tf from '@tensorflow/tfjs-core';
import type { SizePx } from '../../frame.ts';
import { meanCiede2000 } from '../metrics/ciede2000.ts';
import { colourfulness } from '../metrics/colourfulness.ts';
import { labOfRgb } from '../metrics/lab-picture.ts';
import { psnrDb } from '../metrics/psnr.ts';
import type { TrainingBatch } from './batch.ts';
import { colourPicture, enlargeColour, grayPicture } from './colour-picture.ts';
import { inputOf } from './step.ts';
import type { TrainableNetwork } from './trainable-network.ts';

/** One picture set aside, with its truth. */
export interface ValidationPicture {
  readonly size: SizePx;
  /** `[h * w]` bytes */
  readonly luma: Uint8Array;
  /** `[2, h, w]` a*, b* */
  readonly ab: Int8Array;
  /** what the network gets: a batch of this picture alone */
  readonly batch: TrainingBatch;
}

/** Means over the pictures set aside. */
export interface Scores {
  readonly psnrDb: number;
  readonly ciede2000: number;
  readonly colourfulness: number;
  /** lower is better: see `scoreOf` */
  readonly score: number;
}

/** A colourfulness missed by so much counts like one unit of CIEDE2000. */
const colourfulnessPerUnit = 10;

/**
 * Judges a network on pictures that it does not learn from: error and liveliness together, since the least error
 * alone is gray's neighbour.
 */
export class Validation {
  readonly #pictures: readonly ValidationPicture[];
  readonly #truths: readonly Uint8Array[];
  readonly #truthColourfulness: number;

  constructor(pictures: readonly ValidationPicture[]) {
    this.#pictures = pictures;
    this.#truths = pictures.map(({ luma, ab }) => colourPicture(luma, ab));
    this.#truthColourfulness = mean(this.#truths.map((rgb) => colourfulness(rgb)));
  }

  get count(): number {
    return this.#pictures.length;
  }

  /** Of the truth itself, and of gray. */
  references(): { readonly truthColourfulness: number; readonly gray: Scores } {
    const gray = this.#pictures.map(({ luma }) => grayPicture(luma));
    return { truthColourfulness: this.#truthColourfulness, gray: this.#compare(gray) };
  }

  /** Colours each picture, as 8-bit sRGB; new arrays the caller owns. */
  colorize(network: TrainableNetwork, temperature: number): Uint8Array[] {
    return this.#pictures.map((picture) => colorizeOne(network, picture, temperature));
  }

  /** Scores a network. */
  score(network: TrainableNetwork, temperature: number): Scores {
    return this.#compare(this.colorize(network, temperature));
  }

  /** Gray, coloured and true pictures of the first few, for a sheet. */
  examples(
    network: TrainableNetwork,
    temperature: number,
    count: number,
  ): { size: SizePx; gray: Uint8Array; output: Uint8Array; truth: Uint8Array }[] {
    return this.#pictures.slice(0, count).map((picture, i) => ({
      size: picture.size,
      gray: grayPicture(picture.luma),
      output: colorizeOne(network, picture, temperature),
      truth: this.#truths[i]!,
    }));
  }

  #compare(outputs: readonly Uint8Array[]): Scores {
    const ciede2000 = mean(outputs.map((rgb, i) => meanCiede2000(labOfRgb(rgb), labOfRgb(this.#truths[i]!))));
    const lively = mean(outputs.map((rgb) => colourfulness(rgb)));
    return {
      psnrDb: mean(outputs.map((rgb, i) => psnrDb(rgb, this.#truths[i]!))),
      ciede2000,
      colourfulness: lively,
      score: ciede2000 + Math.abs(lively - this.#truthColourfulness) / colourfulnessPerUnit,
    };
  }
}

function colorizeOne(network: TrainableNetwork, picture: ValidationPicture, temperature: number): Uint8Array {
  const { size, luma, batch } = picture;
  const input = inputOf(batch);
  const ab = tf.tidy(() => {
    const answer = network.run(input, 'infer', temperature).ab;
    return tf.transpose(answer, [0, 3, 1, 2]).dataSync() as Float32Array;
  });
  tf.dispose([...input.given.values(), input.embeddings]);
  return colourPicture(luma, enlargeColour(ab, batch.grid, size));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
