import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import {
  decodeFloats,
  readSafetensors,
  writeSafetensors,
  type TensorToStore,
} from '../../model/weights/safetensors.ts';
import { replaceFile } from '../../files/replace-file.ts';

/**
 * Everything that a run needs to resume with the same numbers, in one safetensors file: tensors by name (`weight/...`,
 * `average/...`, `adam/...`, in TensorFlow's layout, float32) and the run's state as JSON.
 */
export interface TrainingCheckpoint<State> {
  readonly state: State;
  readonly tensors: ReadonlyMap<string, NumbersOfShape>;
}

export interface NumbersOfShape {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const stateKey = 'state';
const startAgain = "delete the run's folder to start again";

/** Writes a checkpoint in one step: the file is either the complete new one or the old one. */
export async function writeCheckpoint(path: string, checkpoint: TrainingCheckpoint<unknown>): Promise<void> {
  const tensors = new Map<string, TensorToStore>(
    [...checkpoint.tensors].map(([name, tensor]) => [name, { dtype: 'F32', ...tensor }]),
  );
  const bytes = writeSafetensors(tensors, { [stateKey]: JSON.stringify(checkpoint.state) });
  await replaceFile(path, bytes);
}

/**
 * Reads a checkpoint.
 * @param parse - checks the state against its schema
 * @returns undefined if there is none
 * @throws {AppError} INPUT_DAMAGED
 */
export async function readCheckpoint<State>(
  path: string,
  parse: (state: unknown) => State,
): Promise<TrainingCheckpoint<State> | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const bytes = await readFile(path);
    const tensors = new Map(
      [...readSafetensors(bytes, path)].map(([name, tensor]) => [
        name,
        { shape: tensor.shape, data: decodeFloats(tensor, `${path}: ${name}`) },
      ]),
    );
    return { state: parse(stateOf(bytes)), tensors };
  } catch (cause) {
    throw new AppError('INPUT_DAMAGED', `${path}: this checkpoint cannot be resumed`, {
      cure: startAgain,
      cause,
    });
  }
}

/** Reads named variables. */
export async function numbersOf(
  prefix: string,
  variables: ReadonlyMap<string, tf.Tensor>,
): Promise<[string, NumbersOfShape][]> {
  const result: [string, NumbersOfShape][] = [];
  for (const [name, variable] of variables) {
    const data = (await variable.data()) as Float32Array;
    result.push([`${prefix}/${name}`, { shape: variable.shape, data: Float32Array.from(data) }]);
  }
  return result;
}

/** Puts stored numbers into named variables. */
export function restore(
  prefix: string,
  variables: ReadonlyMap<string, tf.Variable>,
  tensors: ReadonlyMap<string, NumbersOfShape>,
): void {
  for (const [name, variable] of variables) {
    const stored = tensors.get(`${prefix}/${name}`);
    if (stored === undefined) throw new AppError('INPUT_DAMAGED', `checkpoint: expected ${prefix}/${name}`);
    requireShape(`${prefix}/${name}`, stored.shape, variable.shape);
    const value = tf.tensor(stored.data, [...stored.shape]);
    variable.assign(value);
    value.dispose();
  }
}

/**
 * Checks the shape of a stored tensor.
 * @throws {AppError} INPUT_DAMAGED
 */
export function requireShape(name: string, got: readonly number[], expected: readonly number[]): void {
  if (got.length === expected.length && got.every((side, i) => side === expected[i])) return;
  throw new AppError(
    'INPUT_DAMAGED',
    `checkpoint: expected ${name} of shape [${expected.join(', ')}] but got [${got.join(', ')}]`,
    { cure: startAgain },
  );
}

const headerSchema = z.looseObject({ __metadata__: z.looseObject({ [stateKey]: z.string() }) });

/** `readSafetensors` returns only tensors, so the header is read again. */
function stateOf(bytes: Buffer): unknown {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = headerSchema.parse(JSON.parse(bytes.toString('utf8', 8, 8 + length)));
  return JSON.parse(header.__metadata__[stateKey]);
}
