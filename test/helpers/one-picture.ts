/** Helpers with which tests train a network on one picture. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { ExecutionContext } from 'ava';
import type { Head } from '../../src/model/tables/head.ts';
import { separate } from '../../src/train/dataset/pictures/picture-planes.ts';
import { ColorCounter } from '../../src/train/dataset/prior.ts';
import { encodeSample } from '../../src/train/dataset/shards/sample-record.ts';
import type { Sample } from '../../src/train/dataset/shards/sample.ts';
import { readShard } from '../../src/train/dataset/shards/shard-reader.ts';
import { frameRecord } from '../../src/train/dataset/shards/tfrecord.ts';
import { loadModel } from '../../src/model/model.ts';
import { readWeights } from '../../src/model/weights/read-weights.ts';
import { assemble } from '../../src/train/features/cached-batches.ts';
import { packRecord, shapeOf } from '../../src/train/features/feature-record.ts';
import { FrozenPart } from '../../src/train/features/frozen-part.ts';
import { meanAb } from '../../src/train/features/mean-ab.ts';
import { Adam } from '../../src/train/learn/adam.ts';
import type { Batch } from '../../src/train/learn/batch.ts';
import { colourPicture } from '../../src/train/learn/colour-picture.ts';
import { meanEmbedding } from '../../src/train/features/mean-embedding.ts';
import { inputOf, takeStep } from '../../src/train/learn/step.ts';
import { TrainableNetwork } from '../../src/train/learn/trainable-network.ts';
import { psnrDb } from '../../src/evaluate/metrics/psnr.ts';
import { randomFrom } from '../../src/train/random.ts';
import { binsOf, classesOf } from '../../src/train/run/classes.ts';
import { blendAnswer, emptyState } from '../../src/stream/pixels/steady.ts';
import { colourfulPicture } from './colourful-picture.ts';
import { tempFolder } from './run-ffmpeg.ts';

/** The starter's encoder is not trained, because that would take minutes on WebAssembly. */
let frozen: Promise<FrozenPart> | undefined;

async function openFrozen(): Promise<FrozenPart> {
  const { manifest, weights } = await loadModel('starter');
  return FrozenPart.open({
    spec: manifest,
    cuts: ['encoder.7'],
    weights: await readWeights(weights),
    threads: 1,
  });
}

/** Call it after the tests. */
export async function closeFrozen(): Promise<void> {
  await (await frozen)?.[Symbol.asyncDispose]();
}

const size = { widthPx: 32, heightPx: 32 };
const planes = separate(colourfulPicture(size), size);
const truth = colourPicture(planes.luma, planes.ab);
const embedding = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
export const sample: Sample = { key: 'picture', ...planes, embedding, embeddingMirrored: embedding };

const counter = new ColorCounter();
counter.add(planes.ab, size);
const prior = counter.prior();
const bins = binsOf(prior);

/** The sample as it comes back from a TFRecord file. */
export async function throughTfrecord(t: ExecutionContext): Promise<Sample> {
  const path = join(await tempFolder(t), 'train-00000.tfrecord');
  await writeFile(path, frameRecord(encodeSample(sample)));
  for await (const read of readShard(path)) return read;
  throw new Error('expected one sample');
}

export async function batchOf(from: Sample, stride: number): Promise<Batch> {
  frozen ??= openFrozen();
  const [maps] = await (await frozen).run({ size, luma: from.luma });
  const record = { maps: maps!, ab: meanAb(from.ab, size, stride), embedding: meanEmbedding(from) };
  const grid = [size.heightPx / stride, size.widthPx / stride] as const;
  return assemble([packRecord(record)], shapeOf(record), grid);
}

export interface Lesson {
  readonly head: Head;
  readonly kind: 'mse' | 'rebalanced';
  readonly steps: number;
}

export const mse: Lesson = { head: { kind: 'regression', stride: 2 }, kind: 'mse', steps: 260 };
export const rebalanced: Lesson = {
  head: { kind: 'classification', stride: 4, classes: bins.length / 2 },
  kind: 'rebalanced',
  steps: 160,
};

/** Trains random weights on one picture. @returns the losses, and the PSNR of the coloured picture after it */
export function learn(batch: Batch, { head, kind, steps }: Lesson): { losses: number[]; psnrDb: number } {
  const spec = { architecture: 'koalarization', head } as const;
  const plan = { spec, cuts: ['encoder.7'], embeddingSize: 8, hasNorm: true };
  using network = new TrainableNetwork(plan, (name) => (name === 'head.bins' ? bins : undefined), 1);
  using optimizer = new Adam(network.trained, 5);
  const objective = { kind, lambda: 0.5, meanWeight: 0, temperature: 0.38 };
  const tools = {
    network,
    optimizer,
    objective,
    embeddingDropout: 0,
    ...(kind === 'rebalanced' ? { classes: classesOf(bins, prior, 0.5) } : {}),
  };
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const learningRate = step < steps * 0.7 ? 2e-3 : 3e-4;
    losses.push(takeStep(tools, batch, { step, learningRate, random: randomFrom(step) }).loss);
  }
  const input = inputOf(batch);
  const ab = tf.tidy(
    () =>
      tf
        .transpose(network.run(input, 'infer', objective.temperature).ab, [0, 3, 1, 2])
        .dataSync() as Float32Array,
  );
  tf.dispose([...input.features.values(), input.embeddings]);
  return { losses, psnrDb: score(ab, batch.grid) };
}

function score(ab: Float32Array, [rows, columns]: readonly [number, number]): number {
  const enlarged = emptyState(size);
  blendAnswer(enlarged, ab, size, { widthPx: columns, heightPx: rows });
  return psnrDb(colourPicture(planes.luma, enlarged.ab), truth);
}

/** The best possible annealed mean: each cell's soft code, sharpened by T like the network's shares. */
export function ceiling(batch: Batch): number {
  const { codes } = classesOf(bins, prior, 0.5);
  const [rows, columns] = batch.grid;
  const cells = rows * columns;
  const shares = new Float32Array(cells * codes.classes);
  codes.encode(batch.ab, 1, shares);
  const ab = new Float32Array(2 * cells);
  for (let cell = 0; cell < cells; cell++) {
    const own = shares.subarray(cell * codes.classes, (cell + 1) * codes.classes).map((p) => p ** (1 / 0.38));
    const sum = own.reduce((total, p) => total + p, 0);
    own.forEach((p, k) => {
      ab[cell] = ab[cell]! + (p / sum) * bins[2 * k]!;
      ab[cells + cell] = ab[cells + cell]! + (p / sum) * bins[2 * k + 1]!;
    });
  }
  return score(ab, batch.grid);
}
