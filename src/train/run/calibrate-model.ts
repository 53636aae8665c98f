import { requireValue } from '../../model/require-value.ts';
import { cutsOf } from '../features/cuts.ts';
import type { EpochReport } from '../learn/run-state.ts';
import type { NamedWeight } from '../learn/layers/trainable-layers.ts';
import type { Validation } from '../learn/validation.ts';
import { networkOf, type BaseModel } from './base-model.ts';
import { calibrate, raised } from './calibrate.ts';
import { exportModel, type ModelParts } from './export-model.ts';
import type { ModelJob } from './model-job.ts';

/** A trained model, not calibrated yet. */
export interface TrainedModel {
  readonly base: BaseModel;
  readonly parts: ModelParts;
  readonly validation: Validation;
  /** of the best epoch */
  readonly weights: ReadonlyMap<string, NamedWeight>;
  readonly history: readonly EpochReport[];
}

/**
 * Writes the best model again, with a head that colours as lively as the held-out pictures are. A model without
 * classes, or with another objective than `rebalanced`, stays as it is.
 * @throws the signal's reason if it is aborted
 */
export async function calibrateModel(job: ModelJob, trained: TrainedModel): Promise<void> {
  const { folder, settings, reporter, signal } = job;
  const { base, parts, validation, weights } = trained;
  const { bins } = base;
  const { head } = parts;
  const best = trained.history.findLast(({ isBest }) => isBest);
  if (bins === undefined || head.kind !== 'classification' || best === undefined) return;
  if (settings.objective.kind !== 'rebalanced') return;
  const finished = { ...base, weights: (name: string) => requireValue(weights, name).data };
  using network = networkOf(finished, cutsOf(base.spec, job.part), settings.seed);
  const result = await calibrate(network, {
    bins,
    validation,
    trained: { temperature: head.temperature, fade: head.fade ?? 0 },
    signal,
    onProgress: (done, total) => reporter.calibrating(done, total),
  });
  reporter.calibrated(result);
  const { temperature, fade, raise, scores } = result;
  const calibrated = { ...parts, head: { ...head, temperature, fade: fade === 0 ? undefined : fade } };
  await exportModel(folder.model, calibrated, {
    trained: raised(weights, bins, raise),
    report: { ...best, scores },
  });
}
