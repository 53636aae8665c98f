/** Sets the times of the picture's packets that the segments do not store. */
import { tickRatio } from '../../../frame.ts';
import { decodeTimesFilter } from '../../../ingest/nut/decode-times.ts';
import type { NutStream } from '../../../ingest/nut/format.ts';
import { isMp4, toUs, type MuxOptions } from './mux-options.ts';

/**
 * The filter that sets what NUT does not store: durations, and the decoding times of the first frames if the codec
 * reorders.
 */
export function packetTimes(
  { journal, timeBase, container, cut, lastFrameS }: MuxOptions,
  video: NutStream,
): string | undefined {
  const [first] = journal.segments;
  const last = journal.segments.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const ticks = tickRatio(timeBase, video.timeBase);
  const frameTicks = (ticks * (first.lastPts - first.firstPts)) / Math.max(1, first.frames - 1);
  const zero = Math.round((toUs(cut.zeroS) * video.timeBase.den) / (1e6 * video.timeBase.num));
  const start = { pts: first.firstPts * ticks - zero, frameTicks };
  // Without reordering both times are equal. ffmpeg does not always know that of interlaced H.264.
  const filter = decodeTimesFilter(video, start) ?? 'setts=pts=PTS:dts=PTS';
  const durations = isMp4(container)
    ? mp4Durations({
        frameTicks,
        lastPts: last.lastPts * ticks - zero,
        frames: journal.frames,
        lastFrameS,
        video,
      })
    : lastFrameS && matroskaDurations((last.lastPts * timeBase.num) / timeBase.den - cut.zeroS, lastFrameS);
  return durations === undefined ? filter : `${filter}:${durations}`;
}

/**
 * NUT stores no durations, and an mp4 whose last frame has none hides that frame. The duration of a long last frame
 * is needed twice: in the packet that is shown last, for the edit list, and in the one that is decoded last, for the
 * length of the track.
 */
function mp4Durations(film: {
  readonly frameTicks: number;
  readonly lastPts: number;
  readonly frames: number;
  readonly lastFrameS: number | undefined;
  readonly video: NutStream;
}): string {
  const usual = Math.max(1, Math.round(film.frameTicks));
  if (film.lastFrameS === undefined) return `duration=${usual}`;
  const { num, den } = film.video.timeBase;
  const long = Math.round((film.lastFrameS * den) / num);
  return `duration='if(eq(N,${film.frames - 1})+eq(PTS,${film.lastPts}),${long},${usual})'`;
}

/**
 * Matroska's filter counts milliseconds. In Matroska the last packet defines the length of the film; other containers
 * need no duration.
 */
function matroskaDurations(lastS: number, lastFrameS: number): string {
  return `duration='if(gte(PTS,${Math.floor(lastS * 1000)}),${Math.round(lastFrameS * 1000)},DURATION)'`;
}
