import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportedModel } from '../model/imported/imported-model.ts';
import { loadAnyModel, type Model } from '../model/model.ts';
import { blendFrom } from '../model/open-models.ts';
import { EvaluationRun } from './evaluation-run.ts';
import type { EvaluationOutcome } from './evaluation-outcome.ts';
import type { EvaluationHooks, EvaluationPlan } from './evaluation-plan.ts';
import { ResultJournal, type BlendFacts } from './result-journal.ts';

/**
 * Evaluates models on files, one model after the other, so that each network is loaded only once. A file that fails is
 * noted and left out of every model. After an abort, the outcome has the results so far.
 * @throws {AppError} MODEL_INVALID before any work; DEVICE_UNAVAILABLE, OUTPUT_UNWRITABLE
 */
export async function evaluateModels(
  plan: EvaluationPlan,
  hooks: EvaluationHooks,
): Promise<EvaluationOutcome> {
  const models: AskedModel[] = [];
  for (const asked of plan.models) models.push({ asked, model: await loadAnyModel(asked) });
  const folder = plan.workFolder ?? (await mkdtemp(join(tmpdir(), 'chromafeed-evaluate-')));
  const removeFolder = async (): Promise<void> => {
    if (plan.workFolder === undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    await using journal = await ResultJournal.open(folder);
    const run = new EvaluationRun(plan, hooks, { journal, folder, blend: await blendFacts(plan) });
    for (const entry of models) await run.evaluate(entry.asked, entry.model, labelOf(entry, models, plan));
    return { ...run.outcome(), [Symbol.asyncDispose]: removeFolder };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

interface AskedModel {
  readonly asked: string;
  readonly model: Model | ImportedModel;
}

/** The name in the manifest; if two models share a name, what the user named. */
function labelOf(
  { asked, model }: AskedModel,
  all: readonly AskedModel[],
  { blend }: Pick<EvaluationPlan, 'blend'>,
): string {
  const { name } = model.manifest;
  const label = all.filter((other) => other.model.manifest.name === name).length > 1 ? asked : name;
  return blend === undefined ? label : `${label} + ${blend}`;
}

/** What results depend on in a blend: the second model's weights and its share. */
async function blendFacts({ blend: text }: EvaluationPlan): Promise<BlendFacts | undefined> {
  if (text === undefined) return undefined;
  const { model, share } = blendFrom(text);
  const { weights } = await loadAnyModel(model);
  return { share, weights: weights.map(({ sha256 }) => sha256) };
}
