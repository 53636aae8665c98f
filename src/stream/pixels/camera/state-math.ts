import type { SizePx } from '../../../frame.ts';
import { pixelMath, simdMath, type PixelMath } from '../pixel-math.ts';
import { Workspace } from '../simd/workspace.ts';
import { stateBytes, type LiveMemory } from './live-state.ts';

const maths = new WeakMap<LiveMemory, PixelMath>();

/**
 * The work per pixel on the arrays of a camera's state, which it uses where they are. With copies of these arrays, a
 * frame would move 3 MB more at 256 x 144. No other thread may work on the memory at the same time.
 */
export function stateMath(memory: LiveMemory, size: SizePx): PixelMath {
  const known = maths.get(memory);
  if (known) return known;
  const end = memory.buffer.byteLength;
  const made = 'grow' in memory ? simdMath(new Workspace(memory, stateBytes(size), end)) : pixelMath();
  maths.set(memory, made);
  return made;
}
