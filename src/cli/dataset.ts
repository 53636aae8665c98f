import { exitCodes } from '../errors.ts';
import { findSources } from '../train/data/find-sources.ts';
import { makeDataset } from '../train/data/make-dataset.ts';
import type { DatasetManifest } from '../train/data/manifest.ts';
import { makeDatasetReporter } from './dataset-reporter.ts';

/** The options of `chromafeed dataset`, as parsed. */
export interface DatasetOptions {
  readonly output: string;
  readonly validationFraction: number;
  readonly validation?: string;
  readonly seed: number;
  readonly size: number;
  readonly minChroma: number;
  readonly framesPerVideo: number;
  readonly json?: boolean;
}

/** Samples in one TFRecord file: 50 MB. */
const samplesPerShard = 512;

/**
 * Makes a training set of photos and films.
 * @returns exit code
 */
export async function runDataset(
  inputs: readonly string[],
  options: DatasetOptions,
  signal: AbortSignal,
): Promise<number> {
  const { output, validation, seed, size, minChroma, framesPerVideo } = options;
  const reporter = makeDatasetReporter(options);
  const sources = await findSources(
    validation === undefined
      ? inputs.map((input) => ({ input }))
      : [
          ...inputs.map((input) => ({ input, split: 'train' as const })),
          { input: validation, split: 'validation' as const },
        ],
    [],
  );
  const manifest = await makeDataset({
    ...{ dir: output, sources, signal },
    settings: {
      ...{ shortSidePx: size, minChroma, seed, framesPerVideo, samplesPerShard },
      validationFraction: options.validationFraction,
    },
    onProgress: (progress) => reporter.progress(progress),
    onRefused: (key, refusal) => reporter.refused(key, refusal),
  }).finally(() => reporter.endProgress());
  reporter.summary(output, manifest satisfies DatasetManifest);
  return exitCodes.ok;
}
