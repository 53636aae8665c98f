import { join } from 'node:path';
import { replaceFile } from '../../files/replace-file.ts';
import type { Batch } from '../learn/batch.ts';
import { CriticLearner } from '../learn/critic/critic-learner.ts';
import { CriticNetwork } from '../learn/critic/critic-network.ts';
import { SavedOutputs, wholeUnits } from '../learn/critic/saved-outputs.ts';
import type { EpochReport } from '../learn/run-state.ts';
import { trainNetwork } from '../learn/train-network.ts';
import { infer, planesOf } from '../learn/validation.ts';
import { networkOf } from './base-model.ts';
import { writeCritic, type CriticJob } from './critic-file.ts';
import type { ModelJob } from './model-job.ts';
import { openRun, sharedTraining } from './open-run.ts';

/**
 * Trains a critic alone, to tell true colours from those that the job's model makes. The model colours the pictures
 * once, and does not change. An interrupted run resumes when it is called again.
 * @returns the result of each epoch; `criticAccuracy` is a half for a critic that guesses
 * @throws {AppError} as `openRun`, `trainNetwork`
 */
export async function trainCritic(
  asked: ModelJob & { readonly critic: CriticJob },
): Promise<readonly EpochReport[]> {
  await using run = await openRun(asked);
  const { job, base, cuts, material, validation } = run;
  const { settings, folder, reporter, signal } = job;

  // The colours of the network, saved on disk.
  using network = networkOf(base, cuts, settings.seed);
  const { temperature } = settings.objective;
  const colours = (batch: Batch): Float32Array =>
    planesOf(infer(network, batch, temperature, ({ ab }) => ab));
  const source = await SavedOutputs.make(material.source, {
    dir: join(folder.dir, 'outputs'),
    colours,
    signal,
    onProgress: (done, total) => reporter.features(done, total),
  });
  const judged = validation.pictures.map(({ batch }) => ({
    ...batch,
    generated: wholeUnits(colours(batch)),
  }));

  using critic = new CriticNetwork(asked.critic.size, () => undefined, settings.seed);
  using learner = new CriticLearner({ critic, clipNorm: settings.clipNorm, judged });
  const { history, weights } = await trainNetwork({
    learner,
    source,
    ...sharedTraining(run),
    onEpoch: async (report, all) => {
      reporter.epoch(report);
      await replaceFile(folder.history, all.map((one) => `${JSON.stringify(one)}\n`).join(''));
    },
  });
  await writeCritic(asked.critic, weights);
  return history;
}
