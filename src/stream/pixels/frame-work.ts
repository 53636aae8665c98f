/** How a thread works on a film's frames. */
import {
  frameParts,
  slotFlags,
  slotRange,
  type FrameMemory,
  type FrameParts,
  type FrameShape,
  type SentPlace,
} from './frame-memory.ts';
import { pixelMath, simdMath, type PixelMath } from './pixel-math.ts';
import type { SharedMemory } from './simd/kernels.ts';
import { Workspace } from './simd/workspace.ts';

/** A memory that this thread has opened. */
interface OpenMemory {
  readonly memory: FrameMemory;
  readonly shared: SharedMemory;
  readonly flags: Int32Array;
  /** By scratch part. */
  readonly math: (PixelMath | undefined)[];
}

const open = new Map<number, OpenMemory>();

/** What a thread uses to work on a frame. */
export interface FrameWork {
  readonly math: PixelMath;
  readonly shape: FrameShape;
  /** Returns the parts of a frame in the same memory. */
  readonly partsOf: (place: SentPlace) => FrameParts;
}

/** Thrown when a message has only the id of a memory that this thread does not know. */
export class UnknownMemory extends Error {}

/**
 * Works on frames of a memory, with a scratch part that no other thread uses at the same time.
 * @throws {UnknownMemory} the message must be sent again with the memory itself
 */
export function workOnFrames<T>(memory: SentPlace['memory'], work: (tools: FrameWork) => T): T {
  if ('shape' in memory && !memory.shared) {
    const { shape } = memory;
    const partsOf = (place: SentPlace): FrameParts => frameParts(bufferOf(place), place.at, shape);
    return work({ math: pixelMath(), shape, partsOf });
  }
  const opened = openMemory(memory);
  const { flags, shared } = opened;
  const { shape } = opened.memory;
  const slot = claimSlot(flags);
  try {
    return work({
      math: mathOf(opened, slot),
      shape,
      partsOf: ({ at }) => frameParts(shared.buffer, at, shape),
    });
  } finally {
    Atomics.store(flags, slot, 0);
  }
}

/** The pixel math for the thread that owns a memory. No other thread may work on the memory then. */
export function ownersMath(memory: FrameMemory): PixelMath {
  return memory.shared ? mathOn(memory, memory.shared, 0) : pixelMath();
}

function bufferOf({ memory }: SentPlace): SharedArrayBuffer {
  const buffer = 'shape' in memory ? (memory.buffer ?? memory.shared?.buffer) : undefined;
  if (!buffer) throw new RangeError('expected the memory of a frame but got none');
  return buffer;
}

/** Each message has a new object for the same memory, so the first one is kept. */
function openMemory(memory: SentPlace['memory']): OpenMemory {
  const known = open.get(memory.id);
  if (known) return known;
  if (!('shape' in memory) || !memory.shared) throw new UnknownMemory(`memory ${memory.id} is unknown here`);
  for (const [id, { flags }] of open) if (Atomics.load(flags, 0) !== 0) open.delete(id);
  const { shared } = memory;
  const opened: OpenMemory = { memory, shared, flags: slotFlags(shared.buffer, memory), math: [] };
  open.set(memory.id, opened);
  return opened;
}

function mathOf({ math, memory, shared }: OpenMemory, slot: number): PixelMath {
  return (math[slot] ??= mathOn(memory, shared, slot));
}

function mathOn(memory: FrameMemory, shared: SharedMemory, slot: number): PixelMath {
  const { start, end } = slotRange(memory, slot);
  return simdMath(new Workspace(shared, start, end));
}

/** Scratch part 0 belongs to the owner; there is one more for each thread. */
function claimSlot(flags: Int32Array): number {
  for (let slot = 1; slot < flags.length; slot++)
    if (Atomics.compareExchange(flags, slot, 0, 1) === 0) return slot;
  throw new RangeError(`expected one of ${flags.length - 1} scratch parts to be free but all are in use`);
}
