import { AppError } from '../../errors.ts';

/** What Emscripten and the engine of JavaScript say when WebAssembly's memory is used up or a kernel ran into its end. */
const crashes =
  /Aborted\(|memory access out of bounds|Cannot enlarge memory|could not allocate|Array buffer allocation/i;

/**
 * Explains an error of the WebAssembly backend that stands for memory that ran out.
 * @returns an `AppError` with a cure, or the error itself when it is another one
 */
export function explainCrash(error: unknown): Error {
  if (!(error instanceof Error)) return new TypeError(`expected an Error but got ${String(error)}`);
  if (error instanceof AppError || !crashes.test(error.message)) return error;
  return new AppError(
    'DEVICE_UNAVAILABLE',
    `train: the WebAssembly backend stopped, most likely because memory ran out (${error.message.split('\n')[0] ?? ''})`,
    {
      cure: "use a smaller --batch-size, or train on TensorFlow's own library (docs/tensorflow.md)",
      cause: error,
    },
  );
}
