import type { InferenceSession } from 'onnxruntime-node';

/** Where the network runs. */
export const deviceNames = ['cpu', 'webgpu', 'cuda', 'tensorrt'] as const;

export type DeviceName = (typeof deviceNames)[number];

/** onnxruntime's providers for a device, in order of preference: the next one runs what one cannot. */
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
    // Errors come as exceptions; warnings (nodes that run on the CPU) do not help a user.
    logSeverityLevel: 3,
    // Waiting threads sleep: spinning threads would take a whole core from decoder and encoder.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}
