import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../../files/make-folder.ts';
import { replaceFile } from '../../../files/replace-file.ts';
import type { Batch, BatchSource } from '../batch.ts';

/** How outputs are made and saved. */
export interface SaveOptions {
  /** a folder for them; those that it has already are not made again */
  readonly dir: string;
  /** @returns a*, b* of a batch, `[count, 2, rows, columns]` */
  readonly colours: (batch: Batch) => Float32Array;
  readonly signal: AbortSignal;
  /** batches */
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * What a network makes of the first epoch of a source, saved once, so that a critic learns from it for several epochs
 * at no further cost. Each epoch has the same batches.
 * @see github.com/jantic/DeOldify, "NoGAN": the critic learns from saved pictures before both learn together
 */
export class SavedOutputs implements BatchSource {
  readonly #source: BatchSource;
  readonly #dir: string;

  private constructor(source: BatchSource, dir: string) {
    this.#source = source;
    this.#dir = dir;
  }

  /**
   * Makes the outputs that are missing.
   * @throws the signal's reason when it is aborted; finished work is kept
   */
  static async make(source: BatchSource, options: SaveOptions): Promise<SavedOutputs> {
    const { dir, colours, signal, onProgress } = options;
    await makeFolder(dir);
    const total = source.batchesPerEpoch;
    let number = savedIn(dir, total);
    for await (const batch of number < total ? source.batches(0, number) : []) {
      signal.throwIfAborted();
      await replaceFile(fileOf(dir, number), bytesOf(colours(batch)));
      number += 1;
      onProgress(number, total);
      // A signal arrives only when the event loop turns.
      await new Promise(setImmediate);
      if (number === total) break;
    }
    return new SavedOutputs(source, dir);
  }

  get batchesPerEpoch(): number {
    return this.#source.batchesPerEpoch;
  }

  get samplesPerEpoch(): number {
    return this.#source.samplesPerEpoch;
  }

  async *batches(_epoch: number, skip: number): AsyncGenerator<Batch> {
    let number = skip;
    for await (const batch of this.#source.batches(0, skip)) {
      const bytes = await readFile(fileOf(this.#dir, number));
      yield {
        ...batch,
        generated: Int8Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)),
      };
      number += 1;
    }
  }
}

/** a*, b* in whole Lab units, as the truth has them. */
export function wholeUnits(ab: Float32Array): Int8Array {
  return Int8Array.from(ab, (value) => Math.max(-128, Math.min(127, Math.round(value))));
}

function bytesOf(ab: Float32Array): Uint8Array {
  return new Uint8Array(wholeUnits(ab).buffer);
}

/** How many batches are saved, from the first one on. */
function savedIn(dir: string, total: number): number {
  let number = 0;
  while (number < total && existsSync(fileOf(dir, number))) number += 1;
  return number;
}

function fileOf(dir: string, number: number): string {
  return join(dir, `${String(number).padStart(6, '0')}.ab`);
}
