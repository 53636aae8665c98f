import type { InferenceSession } from 'onnxruntime-node';

/** Where the network runs. */
export const deviceNames = ['cpu', 'webgpu', 'cuda', 'tensorrt'] as const;

export type DeviceName = (typeof deviceNames)[number];

/** onnxruntime's providers for a device, first choice first: what one cannot do, the next does. */
const providersOf: Readonly<Record<DeviceName, readonly string[]>> = {
  cpu: ['cpu'],
  webgpu: ['webgpu', 'cpu'],
  cuda: ['cuda', 'cpu'],
  tensorrt: ['tensorrt', 'cuda', 'cpu'],
};

/**
 * Settings for a session.
 * @param device - where it runs
 * @param threads - CPU threads for one run
 */
export function sessionOptions(device: DeviceName, threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: [...providersOf[device]],
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    // Errors come as exceptions; warnings (nodes left to the CPU) are of no use to a user.
    logSeverityLevel: 3,
    // Waiting threads sleep: spinning takes a whole core from decoder and encoder.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}
