import { exitCodes } from '../../errors.ts';
import { findSources, type SourceRequest } from '../../train/dataset/find-sources.ts';
import { basename } from 'node:path';
import { makeDataset } from '../../train/dataset/make-dataset.ts';
import type { CommandContext } from '../command-context.ts';
import { makeDatasetReporter } from './dataset-reporter.ts';
import { checkNetworkSize } from '../options/check-network-size.ts';

/** The options of `chromafeed dataset`, as parsed. */
export interface DatasetOptions {
  readonly output: string;
  readonly validationFraction: number;
  readonly validation?: string;
  readonly seed: number;
  readonly size: number;
  readonly minChroma: number;
  readonly framesPerVideo: number;
  readonly embedding?: string;
  readonly embeddingRange: [number, number];
  readonly json?: boolean;
}

/** Samples in one TFRecord file: 50 MB. */
const samplesPerShard = 512;

/**
 * Makes a training set from photos and films.
 * @returns exit code
 */
export async function runDataset(
  inputs: readonly string[],
  options: DatasetOptions,
  { signal, streams }: CommandContext,
): Promise<number> {
  const { output, seed, minChroma, framesPerVideo, validationFraction, embedding } = options;
  const range = options.embeddingRange;
  checkNetworkSize(options.size);
  const sources = await findSources(requestsOf(inputs, options.validation), output);
  const reporter = makeDatasetReporter(options, streams);
  const manifest = await makeDataset({
    dir: output,
    sources,
    signal,
    settings: {
      shortSidePx: options.size,
      minChroma,
      seed,
      framesPerVideo,
      samplesPerShard,
      validationFraction,
      ...(embedding === undefined ? {} : { embedding: `${basename(embedding)} (${range.join('..')})` }),
    },
    embedding: embedding === undefined ? undefined : { path: embedding, range },
    onProgress: (progress) => reporter.progress(progress),
    onRefused: (key, refusal) => reporter.refused(key, refusal),
  }).finally(() => reporter.endProgress());
  reporter.summary(output, manifest);
  return exitCodes.ok;
}

/** With `--validation`, everything else is for training; a file in both places is for validation. */
function requestsOf(inputs: readonly string[], validation: string | undefined): SourceRequest[] {
  if (validation === undefined) return inputs.map((input) => ({ input }));
  const others = inputs.map((input) => ({ input, split: 'train' as const }));
  return [{ input: validation, split: 'validation' }, ...others];
}
