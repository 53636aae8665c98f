import { readTrunkWeights } from '../../model/weights/trunk-weights.ts';
import type { CriticNetwork } from '../learn/critic/critic-network.ts';
import { adversarialTerm } from '../learn/terms/adversarial-term.ts';
import type { LossTerm } from '../learn/terms/loss-term.ts';
import { PerceptualTerm } from '../learn/terms/perceptual-term.ts';
import { sceneTerm } from '../learn/terms/scene-term.ts';
import type { OpenRun } from './open-run.ts';

/** What a run minimizes in addition to the error of the colours. */
export interface OpenTerms extends Disposable {
  readonly terms: readonly LossTerm[];
}

/**
 * Makes the terms of a run's objective whose weights are not 0.
 * @param critic - that the network learns against; not owned
 * @returns what the caller must dispose of
 */
export async function openTerms(run: OpenRun, critic?: CriticNetwork): Promise<OpenTerms> {
  const { perceptualWeight = 0, sceneWeight = 0, adversarialWeight = 0 } = run.job.settings.objective;
  const terms: LossTerm[] = [];
  const perceptual =
    perceptualWeight > 0
      ? new PerceptualTerm(perceptualWeight, await readTrunkWeights(run.trunk))
      : undefined;
  if (perceptual !== undefined) terms.push(perceptual);
  if (sceneWeight > 0 && run.scenes !== undefined)
    terms.push(sceneTerm(sceneWeight, run.scenes.names.length));
  if (adversarialWeight > 0 && critic !== undefined) terms.push(adversarialTerm(adversarialWeight, critic));
  return { terms, [Symbol.dispose]: () => perceptual?.[Symbol.dispose]() };
}
