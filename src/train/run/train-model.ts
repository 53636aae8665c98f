import { join } from 'node:path';
import type { CriticNetwork } from '../learn/critic/critic-network.ts';
import { RivalLearner } from '../learn/critic/rival-learner.ts';
import { trainedEmbedding } from '../learn/embedding-dropout.ts';
import type { Learner } from '../learn/learner.ts';
import { NetworkLearner } from '../learn/network-learner.ts';
import type { EpochReport } from '../learn/run-state.ts';
import { trainNetwork } from '../learn/train-network.ts';
import type { LossTerm } from '../learn/terms/loss-term.ts';
import type { TrainableNetwork } from '../learn/trainable-network.ts';
import { networkOf } from './base-model.ts';
import { calibrateModel } from './calibrate-model.ts';
import { readCritic } from './critic-file.ts';
import { exportModel, judgedHead, type ModelParts } from './export-model.ts';
import { growLayers } from './grow-layers.ts';
import type { ModelJob } from './model-job.ts';
import { openRun, sharedTraining, type OpenRun } from './open-run.ts';
import { openTerms } from './open-terms.ts';
import { RunRecord } from './record/run-record.ts';

/** Rows of a sample sheet. */
const sheetPictures = 8;

/**
 * Trains a model on a set, alone or against a critic. An interrupted run resumes when it is called again. The
 * TensorFlow.js backend must be open.
 * @returns the result of each epoch
 * @throws {AppError} as `openRun`, `growLayers`, `trainNetwork`
 */
export async function trainModel(asked: ModelJob): Promise<readonly EpochReport[]> {
  await using run = await openRun(asked);
  const { job, base, cuts, material, validation } = run;
  const { settings, folder, reporter } = job;

  // Layers that are trained first, stage by stage, and stay as they are.
  const grown = await growLayers(run, job.grow);
  if (grown.size > 0) reporter.part('The other layers');
  using network = networkOf(base, cuts, settings.seed, { grown });

  // What a step minimizes, and who learns in it.
  using critic = await criticOf(job);
  using terms = await openTerms(run, critic);
  using learner = learnerOf(run, { network, critic, terms: terms.terms });

  // Loop: the steps of an epoch, then its judgement, then a checkpoint. The best model so far is exported.
  const record = new RunRecord(folder, validation.references(), Date.now);
  const parts = partsOf(run);
  const { history, weights } = await trainNetwork({
    learner,
    source: material.source,
    ...sharedTraining(run),
    onEpoch: async (report, all) => {
      reporter.epoch(report);
      const examples = validation.examples(network, settings.objective.temperature, sheetPictures);
      await record.add(report, all, examples);
      const epoch = { trained: network.exportWeights(), report };
      if (critic !== undefined) await exportModel(epochFolder(folder.dir, report), parts, epoch);
      if (report.isBest) await exportModel(folder.model, parts, epoch);
    },
  });
  if (critic !== undefined) reporter.notice(inflectionOf(history));

  // Export: the best weights again, calibrated to be as lively as the held-out pictures.
  await calibrateModel(job, { base, parts, validation, weights, history });
  return history;
}

/** Who learns, and what a step minimizes. */
interface LearnerParts {
  readonly network: TrainableNetwork;
  readonly critic: CriticNetwork | undefined;
  readonly terms: readonly LossTerm[];
}

function learnerOf({ job, classes, validation }: OpenRun, { network, critic, terms }: LearnerParts): Learner {
  const options = { ...job.settings, ...classes, network, validation, terms };
  return critic === undefined ? new NetworkLearner(options) : new RivalLearner({ ...options, critic });
}

/** The critic of a phase in which the network learns against one, as the critic's own phase left it. */
async function criticOf({ critic, settings }: ModelJob): Promise<CriticNetwork | undefined> {
  return critic === undefined ? undefined : readCritic(critic, settings.seed);
}

/** Of an epoch against a critic: people may prefer another one than the score does. */
function epochFolder(dir: string, { epoch }: EpochReport): string {
  return join(dir, 'models', `epoch-${String(epoch + 1).padStart(3, '0')}`);
}

/** Where the score turned: after it, the network deceives the critic at the expense of the colours. */
function inflectionOf(history: readonly EpochReport[]): string {
  const best = history.findLast(({ isBest }) => isBest);
  const last = history.at(-1);
  if (best === undefined || last === undefined) return 'No epoch was judged.';
  if (last.measures?.['networkSteps'] === 0)
    return 'The network did not change: the critic never became good enough to learn from. Train the critic for longer.';
  const epoch = best.epoch + 1;
  return best === last
    ? `The score still improved in the last epoch (${epoch}): the inflection point was not reached.`
    : `The score was best after epoch ${epoch} and worse in the ${last.epoch - best.epoch} after it: that is the inflection point. Its model is kept.`;
}

function partsOf({ job, dataset, base, trunk }: OpenRun): ModelParts {
  const { name, version, provenance, settings } = job;
  return {
    name,
    version,
    provenance,
    from: job.base,
    trunk,
    base: { ...base, embedding: trainedEmbedding(base.embedding, settings.embeddingDropout) },
    shortSidePx: dataset.manifest.settings.shortSidePx,
    head: judgedHead(base.head, settings.objective),
  };
}
