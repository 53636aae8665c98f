import type { SourceFile } from './find-sources.ts';
import { fingerprintOf } from '../../files/fingerprint.ts';
import { groupBy } from './group-by.ts';
import type { DatasetEmbedding, DatasetManifest, DatasetSettings } from './dataset-manifest.ts';
import type { DatasetVectors } from './dataset-vectors.ts';
import { ColorCounter } from './prior.ts';
import type { Split } from './shards/sample.ts';
import type { DatasetPlan } from './shards/shard-plan.ts';
import type { FinishedShard } from './dataset-work.ts';

/**
 * A checksum over everything that a set depends on: settings, the embedding network, each source's name, length, time and split.
 * @returns SHA-256, hexadecimal
 */
export function fingerprintOfSet(
  settings: DatasetSettings,
  sources: readonly SourceFile[],
  { sha256 }: DatasetVectors,
): string {
  const files = sources.map(({ key, bytes, modifiedMs, split }) => [key, bytes, modifiedMs, split ?? 'both']);
  return fingerprintOf([1, settings, sha256, files]);
}

/** The manifest of a set whose shards are all complete. */
export function describeDataset(
  plan: DatasetPlan,
  finished: readonly FinishedShard[],
  from: {
    readonly fingerprint: string;
    readonly settings: DatasetSettings;
    readonly sources: readonly SourceFile[];
    readonly embedding: DatasetEmbedding;
  },
): DatasetManifest {
  const colors = new ColorCounter();
  for (const { shard, prior } of finished) if (shard.split === 'train') colors.addPrior(prior);
  const shards = finished.map(({ shard }) => shard).sort((one, other) => (one.file < other.file ? -1 : 1));
  const count = (split: Split): number =>
    shards.reduce((sum, shard) => sum + (shard.split === split ? shard.samples : 0), 0);
  return {
    formatVersion: 1,
    fingerprint: from.fingerprint,
    settings: from.settings,
    embedding: from.embedding,
    sources: describeSources(from.sources),
    samples: { train: count('train'), validation: count('validation') },
    refused: plan.refused,
    shards,
    prior: colors.prior(),
  };
}

function describeSources(sources: readonly SourceFile[]): DatasetManifest['sources'] {
  const byInput = groupBy(sources, ({ source, split }) => JSON.stringify([source, split ?? 'both']));
  return [...byInput.values()].flatMap((files) => {
    const [first] = files;
    if (!first) return [];
    const photos = files.filter(({ kind }) => kind === 'photo').length;
    return [{ name: first.source, split: first.split ?? 'both', photos, films: files.length - photos }];
  });
}
