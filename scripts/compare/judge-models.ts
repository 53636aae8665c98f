import { evaluateModels } from '../../src/evaluate/evaluate-models.ts';
import { evaluationDefaults } from '../../src/evaluate/evaluation-settings.ts';
import type { EvaluationOutcome } from '../../src/evaluate/evaluation-outcome.ts';
import { conditionSize } from '../../src/model/tables/nodes.ts';
import { loadModel } from '../../src/model/model.ts';
import { openFilmResources } from '../../src/stream/film/film-resources.ts';

/** A trained model of a comparison. */
export interface ComparedModel {
  /** of its recipe, and of the phase if it is not the last one */
  readonly name: string;
  readonly dir: string;
}

/** What to judge. */
export interface JudgeRequest {
  readonly models: readonly ComparedModel[];
  readonly files: readonly string[];
  /** short side of the network's picture, pixels */
  readonly size: number;
  /** a folder for results, from which another call resumes */
  readonly work: string;
}

/** Measures of a model besides those of its colours. */
export interface ModelCost {
  readonly parameters: number;
  /** of the network alone, for a picture of 256 x 144, one thread */
  readonly msPerPicture: number;
}

/** The outcome of an evaluation, and what each model costs, by name. */
export interface ComparisonOutcome {
  readonly evaluation: EvaluationOutcome;
  readonly costs: ReadonlyMap<string, ModelCost>;
}

/** The frames of a clip that are judged. */
const frames = 24;
const timedSize = { widthPx: 256, heightPx: 144 };
const timedRuns = 7;

/** Judges all models on the same files. */
export async function judgeModels({ models, files, size, work }: JudgeRequest): Promise<ComparisonOutcome> {
  const evaluation = await evaluateModels(
    {
      files,
      models: models.map(({ dir }) => dir),
      settings: { ...evaluationDefaults, size, frames, widthPx: 320 },
      engine: 'onnx',
      device: 'cpu',
      precision: 'float32',
      workFolder: work,
      keepPictures: true,
    },
    {
      openResources: (model) => openFilmResources({ model, device: 'cpu', precision: 'float32' }),
      signal: new AbortController().signal,
      onFailure: ({ message }) => process.stderr.write(`warning: ${message}\n`),
    },
  );
  const costs = new Map<string, ModelCost>();
  for (const { name, dir } of models) costs.set(name, await costOf(dir));
  // The models of two phases have the same name.
  const named = evaluation.models.map((model, i) => ({ ...model, label: models[i]?.name ?? model.label }));
  return { evaluation: { ...evaluation, models: named }, costs };
}

async function costOf(dir: string): Promise<ModelCost> {
  const { manifest } = await loadModel(dir);
  const counts = Object.values(manifest.tensors).map((shape) => shape.reduce((all, side) => all * side, 1));
  return { parameters: counts.reduce((sum, count) => sum + count, 0), msPerPicture: await timeOf(dir) };
}

/** The median of a few runs. */
async function timeOf(model: string): Promise<number> {
  await using resources = await openFilmResources({ model, device: 'cpu', precision: 'float32' });
  const luma = Uint8Array.from({ length: timedSize.widthPx * timedSize.heightPx }, (_, i) => (i * 7919) >> 3);
  const batch = { pictures: [luma], size: timedSize, conditions: [new Float32Array(conditionSize)] };
  await resources.colorizer.colorize(batch);
  const times: number[] = [];
  for (let run = 0; run < timedRuns; run++) {
    const startMs = performance.now();
    await resources.colorizer.colorize(batch);
    times.push(performance.now() - startMs);
  }
  return times.sort((a, b) => a - b)[Math.floor(timedRuns / 2)] ?? NaN;
}
