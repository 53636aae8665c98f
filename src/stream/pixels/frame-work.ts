/** How a thread works on a film's frames. */
import {
  frameParts,
  slotFlags,
  slotRange,
  type FrameMemory,
  type FrameParts,
  type FramePlace,
} from './frame-memory.ts';
import { pixelMath, simdMath, type PixelMath } from './pixel-math.ts';
import type { SharedMemory } from './simd/kernels.ts';
import { Workspace } from './simd/workspace.ts';

/** A memory as this thread has opened it. */
interface OpenMemory {
  readonly shared: SharedMemory;
  readonly flags: Int32Array;
  /** By scratch part. */
  readonly math: (PixelMath | undefined)[];
}

const open = new Map<number, OpenMemory>();

/** What a thread has when it works on a frame. */
export interface FrameWork {
  readonly math: PixelMath;
  /** The parts of another frame of the same memory. */
  readonly partsOf: (place: FramePlace) => FrameParts;
}

/** Does some work on frames of a memory, in a scratch part that no other thread uses meanwhile. */
export function workOnFrames<T>(memory: FrameMemory, work: (tools: FrameWork) => T): T {
  const { shared, shape } = memory;
  if (!shared) {
    return work({ math: pixelMath(), partsOf: (place) => frameParts(bufferOf(place), place.at, shape) });
  }
  const opened = openMemory(memory, shared);
  const { flags } = opened;
  const { buffer } = opened.shared;
  const slot = claimSlot(flags);
  try {
    return work({
      math: mathOf(opened, memory, slot),
      partsOf: ({ at }) => frameParts(buffer, at, shape),
    });
  } finally {
    Atomics.store(flags, slot, 0);
  }
}

/** The math of the thread that owns a memory; it must work on it alone. */
export function ownersMath(memory: FrameMemory): PixelMath {
  return memory.shared ? mathOn(memory, memory.shared, 0) : pixelMath();
}

function bufferOf({ memory }: FramePlace): SharedArrayBuffer {
  const buffer = memory.buffer ?? memory.shared?.buffer;
  if (!buffer) throw new RangeError('expected the memory of a frame but got none');
  return buffer;
}

/** Messages bring a new object for the same memory each time, so the first one is kept. */
function openMemory(memory: FrameMemory, shared: SharedMemory): OpenMemory {
  const known = open.get(memory.id);
  if (known) return known;
  for (const [id, { flags }] of open) if (Atomics.load(flags, 0) !== 0) open.delete(id);
  const opened: OpenMemory = { shared, flags: slotFlags(shared.buffer, memory), math: [] };
  open.set(memory.id, opened);
  return opened;
}

function mathOf(opened: OpenMemory, memory: FrameMemory, slot: number): PixelMath {
  return (opened.math[slot] ??= mathOn(memory, opened.shared, slot));
}

function mathOn(memory: FrameMemory, shared: SharedMemory, slot: number): PixelMath {
  const { start, end } = slotRange(memory, slot);
  return simdMath(new Workspace(shared, start, end));
}

/** Scratch part 0 is the owner's; there is one for each thread. */
function claimSlot(flags: Int32Array): number {
  for (let slot = 1; slot < flags.length; slot++)
    if (Atomics.compareExchange(flags, slot, 0, 1) === 0) return slot;
  throw new RangeError(`expected one of ${flags.length - 1} scratch parts to be free but all are in use`);
}
