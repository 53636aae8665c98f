/**
 * NUT stores when a frame is shown, not when it is decoded; ffmpeg works decoding times out when it reads. For the
 * first frames of a stream with B-frames it has nothing to go by but a guessed frame rate, and at a varying rate
 * writes equal times and a warning ("Non-monotonous DTS"). This bitstream filter says them.
 * @param stream.decodeDelay - frames held back, as the NUT stream header says
 * @param first.pts - of the first packet, ticks
 * @param first.frameTicks - about one frame's duration, ticks, at least 1
 * @returns the value of `-bsf:v`; undefined where there are no B-frames and nothing is to be said
 * @see https://ffmpeg.org/ffmpeg-bitstream-filters.html#setts
 */
export function decodeTimesFilter(
  stream: { readonly decodeDelay: number },
  first: { readonly pts: number; readonly frameTicks: number },
): string | undefined {
  const delay = stream.decodeDelay;
  if (delay === 0) return undefined;
  const step = Math.max(1, Math.round(first.frameTicks));
  return `setts=pts=PTS:dts='if(lt(N,${delay}),${first.pts}-(${delay}-N)*${step},DTS)'`;
}
