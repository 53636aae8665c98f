import * as tf from '@tensorflow/tfjs-core';
import { lumaInput } from '../../model/tables/nodes.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { StepTools } from '../learn/step.ts';
import type { BaseModel } from './base-model.ts';
import { fittingBatch, measureStep, wasmLimit } from './fit-batch.ts';
import type { ModelJob } from './model-job.ts';

/** The job, and what it trains on. */
export interface BatchContext {
  readonly base: BaseModel;
  readonly cuts: readonly string[];
  readonly dataset: Dataset;
  readonly classes?: StepTools['classes'];
}

/**
 * Makes the batch of a job fit into the memory of WebAssembly. It changes nothing on other backends, nor for networks
 * with a frozen part, whose steps are small.
 * @throws {AppError} USAGE as `fittingBatch`
 */
export async function withFittingBatch(
  job: ModelJob,
  { base, cuts, dataset, classes }: BatchContext,
): Promise<ModelJob> {
  if (tf.getBackend() !== 'wasm' || !cuts.includes(lumaInput)) return job;
  const memory = await measureStep(base, cuts, { dataset, settings: job.settings, classes });
  const wanted = { batchSize: job.batchSize, isFixed: job.isBatchFixed };
  const batchSize = fittingBatch(memory, wanted, wasmLimit());
  if (batchSize === job.batchSize) return job;
  job.reporter.notice(
    `A step with ${job.batchSize} pictures needs more memory than WebAssembly has: training with ${batchSize} pictures per step.`,
  );
  return { ...job, batchSize };
}
