import type { Capability } from '../../../src/farm/engine/engine.ts';

/**
 * What all keys in Redis start with. The braces put all keys of the farm on one node of a cluster, which BullMQ's
 * scripts need.
 */
export const prefix = '{chromafeed}';

/** All of them. The package uses only the types of the program. */
export const capabilities: readonly Capability[] = ['cpu', 'gpu'];

/** The queue of the films that need a capability. */
export function queueName(capability: Capability): string {
  return `films-${capability}`;
}

/** The key that tells the worker of an active job that somebody cancelled it. */
export function cancelKey(jobId: string): string {
  return `${prefix}:cancelled:${jobId}`;
}
