import { AppError } from '../../../errors.ts';
import { packageVersion } from '../../../version.ts';
import type { ResultIdentity } from '../resume/film-fingerprint.ts';
import { differences } from '../resume/journal.ts';
import type { PartsPlan } from './parts-plan.ts';

/** What a machine must have in common with the one that made the plan, in words. */
export function partsSettings({ settings }: Pick<ResultIdentity, 'settings'>): Record<string, unknown> {
  return { program: packageVersion, ...settings };
}

/**
 * Checks that this machine, with this input, makes the film of the plan.
 * @throws {AppError} PLAN_MISMATCH, with what differs
 */
export function checkSettings(plan: PartsPlan, identity: Pick<ResultIdentity, 'settings'>): void {
  const found = differences(plan.settings, partsSettings(identity));
  if (found === '') return;
  throw new AppError('PLAN_MISMATCH', `${plan.outputName}: this machine would make another film: ${found}`, {
    cure: 'make its parts on machines like the one that made the plan, or plan the film again here',
    details: { expected: plan.settings, got: partsSettings(identity) },
  });
}
