import { constrainedMemory } from 'node:process';
import { totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../errors.ts';
import type { SizePx } from '../../frame.ts';
import { sizeText } from '../../log/amount-text.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { lumaBatch } from '../features/luma-batch.ts';
import { Adam } from '../learn/adam.ts';
import type { RunSettings } from '../learn/run-settings.ts';
import { takeStep, type StepTools } from '../learn/step.ts';
import { randomFrom } from '../random.ts';
import { networkOf, type BaseModel } from './base-model.ts';

/** How much memory a step takes. */
export interface StepMemory {
  /** for one picture, including everything that a run keeps */
  readonly onePicture: number;
  /** for each further picture of the batch */
  readonly eachFurther: number;
}

/** WebAssembly addresses 4 GB; the allocator and the kernels' own buffers need a part of them. */
const wasmBytes = 2 ** 32;
const usableShare = 0.8;

/** How many bytes tensors may take on this machine's WebAssembly backend. */
export function wasmLimit(): number {
  const container = constrainedMemory();
  const machine = container > 0 ? Math.min(container, totalmem()) : totalmem();
  return usableShare * Math.min(wasmBytes, machine);
}

/**
 * @returns the bytes that a step with this batch takes
 */
export function stepBytes({ onePicture, eachFurther }: StepMemory, batchSize: number): number {
  return onePicture + (batchSize - 1) * eachFurther;
}

/**
 * Chooses a batch whose step fits into memory.
 * @param wanted - pictures in a batch; `isFixed`: whether the user asked for this number
 * @param limit - bytes that tensors may take
 * @returns the wanted number, or a smaller one that fits
 * @throws {AppError} USAGE with the figures, if a fixed batch or a single picture does not fit
 */
export function fittingBatch(
  memory: StepMemory,
  { batchSize, isFixed }: { readonly batchSize: number; readonly isFixed: boolean },
  limit: number,
): number {
  if (stepBytes(memory, batchSize) <= limit) return batchSize;
  const most = Math.floor(1 + (limit - memory.onePicture) / memory.eachFurther);
  if (most >= 1 && !isFixed) return most;
  const wanted = most >= 1 ? batchSize : 1;
  throw new AppError(
    'USAGE',
    `--batch-size ${wanted}: a step needs about ${sizeText(stepBytes(memory, wanted))} of memory` +
      ` but WebAssembly has ${sizeText(limit)} for it`,
    {
      cure:
        most >= 1
          ? `use --batch-size ${most} or less, or train on TensorFlow's own library (docs/tensorflow.md)`
          : 'make the set again with a smaller --size, train less of the network (--train decoder),' +
            " or train on TensorFlow's own library (docs/tensorflow.md)",
    },
  );
}

/**
 * Measures the memory of a step on the open backend: takes a step with one picture and one with two, on copies of the
 * network. The run does not change.
 * @param cuts - as `cutsOf` gives them; nothing may be frozen
 */
export async function measureStep(
  base: BaseModel,
  cuts: readonly string[],
  { dataset, settings, classes }: MeasuredRun,
): Promise<StepMemory> {
  const size = largestSize(dataset);
  const peakOf = (count: number): Promise<number> =>
    peakBytes(base, cuts, { settings, classes, count, size });
  const [onePicture, twoPictures] = [await peakOf(1), await peakOf(2)];
  return { onePicture, eachFurther: Math.max(1, twoPictures - onePicture) };
}

/** What a measured step shares with the run's steps. */
export interface MeasuredRun {
  readonly dataset: Dataset;
  readonly settings: RunSettings;
  readonly classes: StepTools['classes'];
}

/** Measures the greatest memory of a step with `count` pictures, bytes; see `measureStep`. */
export async function peakBytes(
  base: BaseModel,
  cuts: readonly string[],
  { settings, classes, count, size }: Omit<MeasuredRun, 'dataset'> & { count: number; size: SizePx },
): Promise<number> {
  using network = networkOf(base, cuts, settings.seed);
  using optimizer = new Adam(network.trained, settings.clipNorm);
  const { objective, embeddingDropout } = settings;
  const tools = { network, optimizer, objective, embeddingDropout };
  const picture = {
    size,
    luma: new Uint8Array(size.widthPx * size.heightPx).fill(100),
    ab: new Int8Array(2 * size.widthPx * size.heightPx),
    embedding: new Float32Array(base.embedding.size),
  };
  const batch = lumaBatch(
    Array.from({ length: count }, () => picture),
    base.spec.head.stride,
  );
  const { peakBytes: peak } = await tf.profile(() => {
    takeStep(classes === undefined ? tools : { ...tools, classes }, batch, {
      step: 0,
      learningRate: 0,
      random: randomFrom(settings.seed),
    });
    return tf.scalar(0);
  });
  return peak;
}

function largestSize({ manifest }: Dataset): SizePx {
  const sizes = manifest.shards.map((shard) => shard.size);
  const [first = { widthPx: 8, heightPx: 8 }] = sizes;
  const pixels = ({ widthPx, heightPx }: SizePx): number => widthPx * heightPx;
  return sizes.reduce((largest, one) => (pixels(one) > pixels(largest) ? one : largest), first);
}
