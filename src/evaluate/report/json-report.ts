import { cpus } from 'node:os';
import { packageVersion } from '../../version.ts';
import type { EvaluationOutcome, ModelOutcome } from '../evaluation-outcome.ts';
import type { EvaluationSettings } from '../evaluation-settings.ts';

/** What `chromafeed evaluate --json` writes. */
export interface EvaluationReport {
  readonly program: string;
  /** Day of the run, `2026-11-25`. */
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly engine: string;
  readonly device: string;
  readonly settings: EvaluationSettings;
  /** False if the run was stopped or a file failed. */
  readonly isComplete: boolean;
  readonly models: readonly ModelOutcome[];
  readonly failures: EvaluationOutcome['failures'];
}

/**
 * An evaluation as plain data, with everything that its figures depend on.
 * @param asked - engine and device
 * @param now - when the run ended
 */
export function jsonReport(
  outcome: EvaluationOutcome,
  asked: Pick<EvaluationReport, 'engine' | 'device'>,
  now: Date,
): EvaluationReport {
  const cores = cpus();
  return {
    program: `chromafeed ${packageVersion}`,
    date: now.toISOString().slice(0, 10),
    node: process.version,
    cpu: `${cores.length} x ${cores[0]?.model ?? 'unknown'}`,
    engine: asked.engine,
    device: asked.device,
    settings: outcome.settings,
    isComplete: outcome.isComplete && outcome.failures.length === 0,
    models: outcome.models,
    failures: outcome.failures,
  };
}
