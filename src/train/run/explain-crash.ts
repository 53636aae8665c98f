import { AppError } from '../../errors.ts';

/**
 * What Emscripten and the JavaScript engine say when WebAssembly runs out of memory, or when a kernel reads beyond its
 * end.
 */
const crashes =
  /Aborted\(|memory access out of bounds|Cannot enlarge memory|could not allocate|Array buffer allocation/i;

/**
 * Explains an error of the WebAssembly backend that means that memory ran out.
 * @returns an `AppError` with a cure, or the error itself if it has another cause
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
