import type { EpochReport, StepProgress } from '../learn/run-state.ts';
import type { References } from '../learn/validation.ts';
import type { Calibrated } from './calibrate.ts';

/** What is known when a run begins. */
export interface RunStart {
  /** pictures in an epoch, including variations */
  readonly pictures: number;
  readonly batches: number;
  /** held-out pictures */
  readonly validation: number;
  readonly references: References;
}

/** Reports the progress of a run to the user. */
export interface RunReporter {
  /** a sentence that the user should know */
  notice(text: string): void;
  /** a part of the run begins, such as `Phase critic` */
  part(name: string): void;
  features(done: number, total: number): void;
  start(facts: RunStart): void;
  step(progress: StepProgress): void;
  epoch(report: EpochReport): void;
  /** pictures that the calibration of the finished model has judged */
  calibrating(done: number, total: number): void;
  /** how lively the finished model colours, and its scores */
  calibrated(result: Calibrated): void;
}
