/** Environment variables that TensorFlow's library reads when it is loaded. */
const environment: Readonly<Record<string, string>> = {
  // Its messages about the processor do not help a user, and its errors come as exceptions.
  TF_CPP_MIN_LOG_LEVEL: '3',
  // Otherwise it takes all memory of a GPU immediately, and leaves none to the encoder.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
};

/**
 * Sets the environment of TensorFlow's library, unless the user has set it; only the main thread can.
 * @param threads - of the processor; absent: one per core
 */
export function prepareNativeEnvironment(threads?: number): void {
  if (threads !== undefined) process.env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  for (const [name, value] of Object.entries(environment)) process.env[name] ??= value;
}
