/**
 * Makes a bitstream filter that sets the decoding times. NUT stores when a frame is shown, not when it is decoded,
 * and ffmpeg computes decoding times when it reads. For the first frames of a stream with B-frames it only has a
 * guessed frame rate. If the rate varies, it writes equal times and a warning ("Non-monotonous DTS").
 * @param stream.decodeDelay - frames held back, from the NUT stream header
 * @param first.pts - of the first packet, ticks
 * @param first.frameTicks - about one frame's duration, ticks, at least 1
 * @returns the value of `-bsf:v`; undefined if there are no B-frames, so that no filter is needed
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
