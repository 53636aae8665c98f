import { AppError } from '../../errors.ts';
import type { ActivationRanges } from '../onnx/quantize.ts';
import type { DeviceName } from './devices.ts';
import type { EngineName } from './engine.ts';

/** The numbers with which a network computes. */
export const precisionNames = ['float32', 'int8'] as const;

export type Precision = (typeof precisionNames)[number];

/** What decides the precision. */
export interface PrecisionFacts {
  readonly asked: 'auto' | Precision;
  /** where the network runs */
  readonly device: DeviceName;
  readonly engine: EngineName;
  /** the model's name, and its ranges if it has any */
  readonly model: { readonly name: string; readonly activations?: ActivationRanges | undefined };
}

/**
 * Chooses the precision: 8 bits on a CPU if the model has the ranges of its values, else float32. GPUs compute in
 * float32 faster than they convert to 8 bits.
 * @throws {AppError} USAGE when 8 bits are requested but not possible
 */
export function choosePrecision({ asked, device, engine, model }: PrecisionFacts): Precision {
  const fault = whyNotInt8(device, engine, model);
  if (asked !== 'int8') return asked === 'auto' && fault === undefined ? 'int8' : 'float32';
  if (fault === undefined) return 'int8';
  throw new AppError('USAGE', `--precision int8: ${fault.reason}`, { cure: fault.cure });
}

function whyNotInt8(
  device: DeviceName,
  engine: EngineName,
  { name, activations }: PrecisionFacts['model'],
): { reason: string; cure: string } | undefined {
  if (engine !== 'onnx')
    return { reason: `expected --engine onnx but got ${engine}`, cure: 'leave out one of the two' };
  if (device !== 'cpu')
    return {
      reason: `expected the cpu but the network runs on ${device}`,
      cure: 'add --device cpu, or use float32',
    };
  if (activations !== undefined) return undefined;
  return {
    reason: `expected a model with ranges for 8 bits but ${name} has none`,
    cure: `run \`chromafeed models quantize ${name} PHOTOS\`, or use float32`,
  };
}
