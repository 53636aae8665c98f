import { Adam } from '../learn/adam.ts';
import type { Batch } from '../learn/batch.ts';
import type { RunSettings } from '../learn/run-settings.ts';
import { takeStep } from '../learn/step.ts';
import type { TrainableNetwork } from '../learn/trainable-network.ts';
import { randomFrom } from '../random.ts';

/** How much work a camera's model is. */
export interface CameraEffort {
  /** pictures whose features are still to be computed, and how long one takes with its views */
  readonly pictures: number;
  readonly secondsPerPicture: number;
  readonly steps: number;
  readonly secondsPerStep: number;
}

/** Epochs are judged and the finished model is compared: about this share of the rest. */
const judging = 0.15;

/** @returns seconds that training a camera's model takes, at most */
export function effortSeconds({ pictures, secondsPerPicture, steps, secondsPerStep }: CameraEffort): number {
  return (1 + judging) * (pictures * secondsPerPicture + steps * secondsPerStep);
}

/**
 * Measures a step of training: the second of two, for the first one also prepares the backend.
 * @param network - a copy: its weights change
 * @returns seconds
 */
export function timeStep(
  network: TrainableNetwork,
  batch: Batch,
  { objective, embeddingDropout, clipNorm, seed }: RunSettings,
): number {
  using optimizer = new Adam(network.trained, clipNorm);
  const step = (number: number): void => {
    takeStep({ network, optimizer, objective, embeddingDropout }, batch, {
      step: number,
      learningRate: 0,
      random: randomFrom(seed),
    });
  };
  step(0);
  const startMs = performance.now();
  step(1);
  return (performance.now() - startMs) / 1000;
}
