import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError } from '../../errors.ts';
import { replaceFile } from '../../files/replace-file.ts';
import { ownFrozenWeights } from '../features/cuts.ts';
import type { FrozenSetup } from '../features/feature-worker.ts';
import type { RunFolder } from './run-folder.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { ModelJob } from './model-job.ts';

/** What the numbers of a run depend on in addition to its set; it also documents the run's folder. */
export function describeRun(job: ModelJob): Record<string, unknown> {
  const { part, views, augment, batchSize, settings, isFresh, base, architecture } = job;
  return {
    base: base.manifest.name,
    weights: base.weights.map(({ sha256 }) => sha256),
    isFresh,
    architecture,
    part,
    views,
    augment,
    ...describeViewWeights(job),
    batchSize,
    validationPictures: job.validationPictures,
    size: job.size,
    classes: job.classes,
    backbone: job.backbone === undefined ? undefined : basename(job.backbone),
    grow: job.grow,
    critic: job.critic?.size,
    epochBatches: job.epochBatches,
    settings,
  };
}

/** What the features of a frozen part depend on. */
export function describeFeatures(
  job: ModelJob,
  { manifest }: Dataset,
  { spec, cuts, weights, trunk, keepsLuma }: FrozenSetup,
): Record<string, unknown> {
  const { views, augment, settings } = job;
  const isTrunkAlone = ownFrozenWeights(spec, cuts, manifest.embedding.size).size === 0;
  return {
    data: manifest.fingerprint,
    cuts,
    stride: spec.head.stride,
    views,
    augment,
    seed: settings.seed,
    keepsLuma,
    ...describeViewWeights(job),
    weights: isTrunkAlone ? trunk?.sha256 : weights.map(({ sha256 }) => sha256),
  };
}

/** Absent if there are none, so that features from before this option existed stay valid. */
function describeViewWeights({ viewWeights }: ModelJob): { often?: ModelJob['viewWeights'] } {
  return viewWeights.length === 0 ? {} : { often: viewWeights };
}

/**
 * Writes a run's description into its folder.
 * @throws {AppError} OUTPUT_EXISTS if the folder holds a run with another description
 */
export async function writeDescription(
  { dir, settings }: RunFolder,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  const text = `${JSON.stringify(facts, undefined, 2)}\n`;
  const known = existsSync(settings) ? await readFile(settings, 'utf8') : text;
  if (known === text) return replaceFile(settings, text);
  throw new AppError('OUTPUT_EXISTS', `${dir}: holds another run: ${differences(known, text)}`, {
    cure: 'repeat the command that began it to resume it, or name another folder with -o',
  });
}

/** The lines that differ, such as `"batchSize": 16, now "batchSize": 8`. */
function differences(known: string, now: string): string {
  const [old, fresh] = [known, now].map((text) =>
    text.split('\n').map((line) => line.trim().replace(/,$/, '')),
  ) as [string[], string[]];
  const gone = old.filter((line) => !fresh.includes(line));
  const come = fresh.filter((line) => !old.includes(line));
  return `${gone.join(', ') || 'less'}, now ${come.join(', ') || 'less'}`;
}
