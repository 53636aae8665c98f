import { join } from 'node:path';
import { networkNodes } from '../../model/tables/network.ts';
import { lumaInput, nodesFor, weightShapesOf } from '../../model/tables/nodes.ts';
import { NetworkLearner } from '../learn/network-learner.ts';
import { trainNetwork } from '../learn/train-network.ts';
import type { NamedWeight } from '../learn/layers/trainable-layers.ts';
import { networkOf } from './base-model.ts';
import { sharedTraining, type OpenRun } from './open-run.ts';

/** Layers that are trained and stay as they are: their weights by name. */
type GrownLayers = ReadonlyMap<string, NamedWeight>;

/**
 * Trains the first layers of a network stage by stage: each stage adds layers up to a value, and a small head; the
 * layers of the stages before are frozen, and the head is thrown away afterwards. Each stage has a folder of its own, so
 * an interrupted run resumes in its stage.
 * @param values - where the stages end, first to last; none: nothing is trained
 * @returns the weights of all layers up to the last value
 * @see Belilovsky, Eickenberg, Oyallon, "Greedy Layerwise Learning Can Scale to ImageNet", ICML 2019
 * @throws {AppError} USAGE if the network has no such layers; as `trainNetwork`
 */
export async function growLayers(run: OpenRun, values: readonly string[] = []): Promise<GrownLayers> {
  let grown: GrownLayers = new Map();
  for (const value of values) grown = await growStage(run, value, grown);
  return grown;
}

async function growStage(run: OpenRun, value: string, grown: GrownLayers): Promise<GrownLayers> {
  const { base, cuts, job, material, validation } = run;
  const { reporter, folder } = job;
  const settings = { ...job.settings, objective: { ...job.settings.objective, kind: 'huber' as const } };
  using network = networkOf(base, cuts, settings.seed, { stage: value, grown });
  using learner = new NetworkLearner({ ...settings, network, validation });
  reporter.part(`Layers up to ${value}`);
  const { weights } = await trainNetwork({
    learner,
    source: material.source,
    ...sharedTraining(run),
    fingerprint: `${run.fingerprint}, layers up to ${value}`,
    dir: join(folder.dir, 'layers', value),
    onEpoch: (report) => {
      reporter.epoch(report);
      return Promise.resolve();
    },
  });
  const own = weightShapesOf(nodesFor(networkNodes(base.spec), [value], [lumaInput]), base.embedding.size);
  return new Map([...weights].filter(([name]) => own.has(name)));
}
