import { availableParallelism } from 'node:os';

/**
 * How many threads an encoder gets if its output depends on their number, as that of x264 does. Parts of a film then have
 * the same bytes on machines with more or fewer cores.
 * @param codec - ffmpeg's encoder
 * @returns as many as x264 itself chooses: 1.5 per core, and at most one per two rows of macroblocks; undefined for
 *   encoders whose output does not depend on it
 * @see x264's `validate_parameters` in encoder/encoder.c
 */
export function encoderThreads(
  codec: string,
  { heightPx }: { readonly heightPx: number },
  cores: number = availableParallelism(),
): number | undefined {
  if (codec !== 'libx264') return undefined;
  const most = Math.max(1, Math.floor(Math.ceil(heightPx / 16) / 2));
  return Math.min(Math.max(1, Math.floor(cores * 1.5)), most);
}
