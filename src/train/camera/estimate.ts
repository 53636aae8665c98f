import { Adam } from '../learn/adam.ts';
import type { Batch } from '../learn/batch.ts';
import type { RunSettings } from '../learn/run-settings.ts';
import { takeStep } from '../learn/step.ts';
import type { TrainableNetwork } from '../learn/trainable-network.ts';
import { randomFrom } from '../random.ts';

/** How much work a camera's model takes. */
export interface CameraEffort {
  /** number of pictures whose features are missing, and the time for one with its views */
  readonly pictures: number;
  readonly secondsPerPicture: number;
  readonly steps: number;
  readonly secondsPerStep: number;
}

/** Judging epochs and comparing the finished model takes about this share of the rest. */
const judging = 0.15;

/**
 * @returns maximum time that training a camera's model takes, seconds
 */
export function effortSeconds({ pictures, secondsPerPicture, steps, secondsPerStep }: CameraEffort): number {
  return (1 + judging) * (pictures * secondsPerPicture + steps * secondsPerStep);
}

/**
 * Measures a step of training: the second of two, because the first one also prepares the backend.
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
