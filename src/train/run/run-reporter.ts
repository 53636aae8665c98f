import type { EpochReport, StepProgress } from '../learn/run-state.ts';
import type { References } from '../learn/validation.ts';
import type { Calibrated } from './calibrate.ts';

/** What a run begins with. */
export interface RunStart {
  /** pictures in an epoch, variations counted */
  readonly pictures: number;
  readonly batches: number;
  /** pictures set aside */
  readonly validation: number;
  readonly references: References;
}

/** Tells the user how a run goes. */
export interface RunReporter {
  /** a sentence that the user should know */
  notice(text: string): void;
  features(done: number, total: number): void;
  start(facts: RunStart): void;
  step(progress: StepProgress): void;
  epoch(report: EpochReport): void;
  /** pictures that the calibration of the finished model has judged */
  calibrating(done: number, total: number): void;
  /** how lively the finished model colours, and how it scores then */
  calibrated(result: Calibrated): void;
}
