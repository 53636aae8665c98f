/**
 * Opens the best backend of TensorFlow.js in its own process, so that a library that crashes or prints does no harm.
 * Prints one line of JSON: a `BackendProbe`.
 */
import { openTensorflow, type TensorflowBackend } from './backend.ts';

export type BackendProbe = Omit<TensorflowBackend, 'tf'>;

const { name, engine, why } = await openTensorflow('auto');
process.stdout.write(`${JSON.stringify({ name, engine, why } satisfies BackendProbe)}\n`);
