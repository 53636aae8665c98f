/* eslint-disable @typescript-eslint/no-non-null-assertion -- hot loops: the loop bounds prove each index */
import * as tf from '@tensorflow/tfjs-core';
import type { SizePx } from '../../frame.ts';
import { labToRgb, lightnessTable } from '../../model/lab.ts';
import { meanCiede2000 } from '../metrics/ciede2000.ts';
import { colourfulness } from '../metrics/colourfulness.ts';
import { labOfRgb } from '../metrics/lab-picture.ts';
import { psnrDb } from '../metrics/psnr.ts';
import type { TrainingBatch } from './batch.ts';
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

/** Of one picture, or means over several. */
interface Judged {
  /** RGB, decibels */
  readonly psnrDb: number;
  /** mean colour difference */
  readonly ciede2000: number;
  readonly colourfulness: number;
}

/** Means over the pictures set aside. */
export interface Scores extends Judged {
  /** lower is better: CIEDE2000, and by how much the colourfulness misses the truth's */
  readonly score: number;
}

/** What scores are to be compared with. */
export interface References {
  readonly truthColourfulness: number;
  /** of pictures without any colour */
  readonly gray: Scores;
}

/** A picture three times, as sRGB bytes [h * w * 3]. */
export interface Example {
  readonly size: SizePx;
  readonly gray: Uint8Array;
  readonly output: Uint8Array;
  readonly truth: Uint8Array;
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
    this.#truths = pictures.map(({ luma, ab }) => rgbOf(luma, Float32Array.from(ab)));
    this.#truthColourfulness = mean(this.#truths.map((rgb) => colourfulness(rgb)));
  }

  get count(): number {
    return this.#pictures.length;
  }

  /** Of the truth itself, and of gray. */
  references(): References {
    const gray = this.#pictures.map((picture, i) => this.#judge(grayOf(picture), i));
    return { truthColourfulness: this.#truthColourfulness, gray: this.#scoresOf(gray) };
  }

  /**
   * Scores a network.
   * @throws the signal's reason when it is aborted
   */
  async score(network: TrainableNetwork, temperature: number, signal: AbortSignal): Promise<Scores> {
    const judged: Judged[] = [];
    for (const [i, picture] of this.#pictures.entries()) {
      // Without a turn of the event loop no signal is ever heard.
      await new Promise(setImmediate);
      signal.throwIfAborted();
      judged.push(this.#judge(colorizeOne(network, picture, temperature), i));
    }
    return this.#scoresOf(judged);
  }

  /** Gray, coloured and true pictures of the first few, for a sheet. */
  examples(network: TrainableNetwork, temperature: number, count: number): Example[] {
    return this.#pictures.slice(0, count).map((picture, i) => ({
      size: picture.size,
      gray: grayOf(picture),
      output: colorizeOne(network, picture, temperature),
      truth: this.#truths[i]!,
    }));
  }

  #judge(rgb: Uint8Array, index: number): Judged {
    const truth = this.#truths[index]!;
    return {
      psnrDb: psnrDb(rgb, truth),
      ciede2000: meanCiede2000(labOfRgb(rgb), labOfRgb(truth)),
      colourfulness: colourfulness(rgb),
    };
  }

  #scoresOf(judged: readonly Judged[]): Scores {
    const ciede2000 = mean(judged.map((one) => one.ciede2000));
    const lively = mean(judged.map((one) => one.colourfulness));
    return {
      psnrDb: mean(judged.map((one) => one.psnrDb)),
      ciede2000,
      colourfulness: lively,
      score: ciede2000 + Math.abs(lively - this.#truthColourfulness) / colourfulnessPerUnit,
    };
  }
}

function grayOf({ luma }: ValidationPicture): Uint8Array {
  return rgbOf(luma, new Float32Array(luma.length * 2));
}

function colorizeOne(network: TrainableNetwork, picture: ValidationPicture, temperature: number): Uint8Array {
  const { size, luma, batch } = picture;
  const input = inputOf(batch);
  const ab = tf.tidy(() => network.run(input, 'infer', temperature).ab.dataSync() as Float32Array);
  tf.dispose([...input.given.values(), input.embeddings]);
  return rgbOf(luma, enlarge(ab, batch.grid, size));
}

/** Luma's lightness with some colour, as sRGB bytes. @param ab - `[2, h, w]` */
function rgbOf(luma: Uint8Array, ab: Float32Array): Uint8Array {
  const rgb = new Uint8Array(luma.length * 3);
  const one = new Float32Array(3);
  for (let i = 0; i < luma.length; i++) {
    labToRgb(lightness[luma[i]!]!, ab[i]!, ab[luma.length + i]!, one);
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round(one[c]! * 255);
  }
  return rgb;
}

const lightness = lightnessTable();

/** Bilinear, from `[rows, columns, 2]` to `[2, h, w]`. */
function enlarge(ab: Float32Array, [rows, columns]: readonly [number, number], size: SizePx): Float32Array {
  const { widthPx, heightPx } = size;
  const out = new Float32Array(2 * widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    const v = clamp(((y + 0.5) * rows) / heightPx - 0.5, rows - 1);
    const top = Math.floor(v);
    const bottom = Math.min(top + 1, rows - 1);
    for (let x = 0; x < widthPx; x++) {
      const u = clamp(((x + 0.5) * columns) / widthPx - 0.5, columns - 1);
      const left = Math.floor(u);
      const right = Math.min(left + 1, columns - 1);
      for (let c = 0; c < 2; c++) {
        const at = (row: number, column: number): number => ab[(row * columns + column) * 2 + c]!;
        const upper = at(top, left) + (at(top, right) - at(top, left)) * (u - left);
        const lower = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * (u - left);
        out[c * widthPx * heightPx + y * widthPx + x] = upper + (lower - upper) * (v - top);
      }
    }
  }
  return out;
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
