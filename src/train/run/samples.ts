import { join } from 'node:path';
import { readDatasetManifest, type DatasetManifest } from '../dataset/manifest.ts';
import type { Sample, Split } from '../dataset/shards/sample.ts';
import { readShard } from '../dataset/shards/shard-reader.ts';

/** A set that is learnt from. */
export interface OpenDataset {
  readonly dir: string;
  readonly manifest: DatasetManifest;
}

export async function openSet(dir: string): Promise<OpenDataset> {
  return { dir, manifest: await readDatasetManifest(dir) };
}

/**
 * A set's samples, always in the same order.
 * @param most - stops after so many; absent: all
 */
export async function* samplesOf(
  { dir, manifest }: OpenDataset,
  split: Split,
  most = Infinity,
): AsyncGenerator<Sample> {
  let given = 0;
  for (const shard of manifest.shards.filter((one) => one.split === split)) {
    for await (const sample of readShard(join(dir, shard.file))) {
      if (given++ >= most) return;
      yield sample;
    }
  }
}

/**
 * So many samples, spread evenly over a split: its shards hold one shape each, and a part should hold all shapes.
 * @returns samples the caller owns
 */
export async function spreadSamples(set: OpenDataset, split: Split, count: number): Promise<Sample[]> {
  const total = set.manifest.samples[split];
  const step = Math.max(1, total / count);
  const chosen: Sample[] = [];
  let number = 0;
  for await (const sample of samplesOf(set, split)) {
    if (number++ >= chosen.length * step && chosen.length < count) chosen.push(sample);
  }
  return chosen;
}
