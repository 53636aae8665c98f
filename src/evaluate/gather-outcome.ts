import type { ImportedModel } from '../model/imported/imported-model.ts';
import type { Model } from '../model/model.ts';
import type { FileResult } from './figures.ts';
import type { ModelOutcome } from './evaluation-outcome.ts';
import { summarize } from './summarize.ts';

/** What one model has done so far. */
export interface ModelWork {
  readonly label: string;
  readonly model: Model | ImportedModel;
  readonly results: readonly FileResult[];
}

/**
 * Sums up the models' results. A file that failed with one model counts for none, and only files that all models have
 * are compared.
 * @param failed - names of files
 */
export function gatherOutcomes(
  works: readonly ModelWork[],
  failed: { has(file: string): boolean },
): ModelOutcome[] {
  const sound = works.map(({ results }) => results.filter(({ file }) => !failed.has(file)));
  const names = sound.map((results) => new Set(results.map(({ file }) => file)));
  return works.map(({ label, model: { manifest } }, i) => {
    const results = sound[i] ?? [];
    const common = results.filter(({ file }) => names.every((other) => other.has(file)));
    return {
      label,
      name: manifest.name,
      version: manifest.version,
      weightsSha256: manifest.weights.sha256,
      results,
      summary: summarize(results),
      common: summarize(common),
    };
  });
}
