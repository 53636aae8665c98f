/** Shared memory in messages to the pixel threads. */
import { UnknownMemory } from './frame-work.ts';

/** A memory in a message. A thread that has used it in the last seconds needs only its number. */
export interface SentMemory<Memory extends object = SharedArrayBuffer> {
  /** Unique in this process. */
  readonly id: number;
  readonly memory?: Memory;
}

const ids = new WeakMap<object, number>();
let lastId = 0;

/** @param isWhole - whether the message contains the memory itself, which takes longer to send than a small task takes */
export function sentMemory<Memory extends object>(memory: Memory, isWhole: boolean): SentMemory<Memory> {
  let id = ids.get(memory);
  if (id === undefined) ids.set(memory, (id = ++lastId));
  return isWhole ? { id, memory } : { id };
}

/** A thread releases a memory that it has not used for this time, ms. */
const keptMs = 10_000;
const known = new Map<number, { readonly memory: object; usedMs: number }>();

/**
 * Finds the memory of a message.
 * @throws {UnknownMemory} the message must be sent again with the memory itself
 */
export function receivedMemory<Memory extends object>(
  { id, memory }: SentMemory<Memory>,
  nowMs = performance.now(),
): Memory {
  const kept = known.get(id);
  if (kept) {
    kept.usedMs = nowMs;
    return kept.memory as Memory; // an id belongs to one memory
  }
  if (!memory) throw new UnknownMemory(`memory ${id} is unknown here`);
  for (const [other, { usedMs }] of known) if (nowMs - usedMs > keptMs) known.delete(other);
  known.set(id, { memory, usedMs: nowMs });
  return memory;
}
