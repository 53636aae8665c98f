/**
 * Switches off the statistics about processes, sessions and devices that onnxruntime 1.29 and newer send to
 * Microsoft, unless the user has set the variable. The library reads it when its first session opens; only the main
 * thread can set it.
 * @see https://github.com/microsoft/onnxruntime/pull/27379
 */
export function prepareOnnxEnvironment(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}
