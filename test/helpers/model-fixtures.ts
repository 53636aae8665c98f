import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Head } from '../../src/model/tables/head.ts';
import { weightShapes, type Architecture } from '../../src/model/tables/network.ts';
import { requireValue } from '../../src/model/require-value.ts';
import { decodeFloats, readSafetensors, writeSafetensors } from '../../src/model/weights/safetensors.ts';

/** Repeatable random numbers in 0..1 ("mulberry32", public domain). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A file under `test/fixtures`; this file runs as `dist/test/helpers/model-fixtures.js`. */
function fixture(name: string): URL {
  return new URL(`../../../test/fixtures/${name}`, import.meta.url);
}

/** The tensors of a fixture, by name. */
function readFixture(who: string): {
  readonly bytes: (name: string) => Uint8Array;
  readonly floats: (name: string) => Float32Array;
} {
  const tensors = readSafetensors(readFileSync(fixture(who)), who);
  return {
    bytes: (name) => requireValue(tensors, name).bytes,
    floats: (name) => decodeFloats(requireValue(tensors, name), who),
  };
}

/**
 * The sample that came with the starter weights, made by PyTorch: a frame of "His Girl Friday" (1940,
 * public domain), its embedding, and the a*, b* of its small luma.
 */
export function starterCheck(): {
  luma299: Uint8Array;
  embedding: Float32Array;
  luma: Uint8Array;
  size: { widthPx: number; heightPx: number };
  ab: Float32Array;
} {
  const { bytes, floats } = readFixture('starter-check.safetensors');
  return {
    luma299: bytes('luma299'),
    embedding: floats('embedding'),
    luma: bytes('luma'),
    size: { widthPx: 96, heightPx: 72 },
    ab: floats('ab'),
  };
}

/** The mean of each channel of Inception v3's maps for that sample's `luma299`, computed by PyTorch. */
export function trunkCheck(): { mixed2: Float32Array; mixed7: Float32Array } {
  const { floats } = readFixture('trunk-check.safetensors');
  return { mixed2: floats('mixed2_mean'), mixed7: floats('mixed7_mean') };
}

/**
 * What PyTorch computes from that sample and the weights of `models/efficientnet-lite`: its a*, b*, those at liveliness 1.6
 * (a raise of 0.9), and the mean of each channel of the encoder's four maps.
 */
export function efficientNetCheck(): {
  ab: Float32Array;
  livelyAb: Float32Array;
  mapMeans: readonly Float32Array[];
} {
  const { floats } = readFixture('efficientnet-check.safetensors');
  return {
    ab: floats('ab'),
    livelyAb: floats('ab_lively'),
    mapMeans: [0, 1, 2, 3].map((index) => floats(`map${index}_mean`)),
  };
}

/** The largest difference, divided by the largest expected number. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Infinity;
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs((got[i] ?? NaN) - (expected[i] ?? NaN)));
    scale = Math.max(scale, Math.abs(expected[i] ?? NaN));
  }
  return difference / scale;
}

/** How many random numbers are repeated; a prime, so that the rows of a layer differ. */
const drawnCount = 65_521;

/**
 * Random weights for a head, scaled so that a signal keeps its size from layer to layer (He et al. 2015). There are
 * millions, so the same random numbers are repeated.
 */
export function randomWeights(
  head: Head,
  embeddingSize: number,
  architecture: Architecture = 'koalarization',
): Map<string, WeightToStore> {
  const random = randomNumbers(1);
  const numbers = Float32Array.from({ length: drawnCount }, () => 2 * random() - 1);
  let drawn = 0;
  return new Map(
    [...weightShapes({ architecture, head }, embeddingSize)].map(([name, shape]) => {
      const count = shape.reduce((product, side) => product * side, 1);
      const fanIn = shape.length === 1 ? 100 : count / (shape[0] ?? 1);
      const spread = Math.sqrt(6 / fanIn);
      const data = new Float32Array(count);
      for (let i = 0; i < count; i++) data[i] = numbers[drawn++ % drawnCount]! * spread;
      return [name, { dtype: 'F16', shape, data } as const];
    }),
  );
}

export interface WeightToStore {
  readonly dtype: 'F16';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** How a test changes the contents of a model's folder. */
export interface ModelChanges {
  readonly head?: Head & { readonly temperature?: number };
  readonly architecture?: Architecture;
  readonly embedding?: { readonly network: string; readonly size: number };
  /** changes of the manifest, key by key */
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly weights?: ReadonlyMap<string, WeightToStore>;
}

/** Writes a model with random weights into a folder; returns the folder. */
export async function writeModel(folder: string, changes: ModelChanges = {}): Promise<string> {
  const head = changes.head ?? { kind: 'classification', stride: 4, classes: 5, temperature: 1 };
  const embedding = changes.embedding ?? { network: 'inception-v3', size: 2048 };
  const architecture = changes.architecture ?? 'koalarization';
  const weights = changes.weights ?? randomWeights(head, embedding.size, architecture);
  const file = writeSafetensors(weights);
  const manifest = {
    formatVersion: 1,
    name: 'random',
    version: 1,
    architecture,
    input: { shortSide: 144, multipleOf: 8, lightness: 'L/50-1' },
    embedding: { ...embedding, input: 299, range: [-1, 1] },
    head,
    weights: {
      file: 'weights.safetensors',
      sha256: createHash('sha256').update(file).digest('hex'),
      bytes: file.byteLength,
    },
    tensors: Object.fromEntries([...weights].map(([name, { shape }]) => [name, shape])),
    provenance: { description: 'random numbers', trainedOn: 'nothing', licence: 'CC0-1.0' },
    metrics: {},
    ...changes.manifest,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'weights.safetensors'), file);
  await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
  return folder;
}
