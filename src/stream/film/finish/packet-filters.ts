/** ffmpeg's bitstream filters that change the times of packets, or leave packets out, while they are copied. */
import type { OtherStream } from '../../../ingest/film/source-info.ts';
import type { StreamClock } from '../../../ingest/film/timeline.ts';

/** Packets of a stream by their numbers, both ends included. */
export interface PacketRange {
  readonly from: number;
  readonly to: number;
}

/** What happens to the packets of a stream that is carried over. */
export interface PacketRules {
  readonly kind: OtherStream['kind'];
  /** How its times continue where the source's clock jumps, in ticks of `tickS` seconds. */
  readonly clock?: StreamClock | undefined;
  readonly tickS: number;
  /** Packets that are left out. */
  readonly leftOut?: readonly PacketRange[] | undefined;
  /** Leaves out packets that are shown before 0. */
  readonly dropsBefore: boolean;
}

/** The value of `-bsf` for a stream; undefined if nothing changes. */
export function packetFilter(rules: PacketRules): string | undefined {
  if (rules.kind === 'picture' || rules.kind === 'attachment') return undefined; // they have no times
  const drop = dropCondition(rules);
  const filters = [
    ...(isMoved(rules.clock) ? [clockFilter(rules.clock, rules.tickS)] : []),
    ...(drop === undefined ? [] : [`noise=drop='${drop}'`]),
  ];
  return filters.length === 0 ? undefined : filters.join(',');
}

/** Whether any times of a stream change. */
export function isMoved(clock: StreamClock | undefined): clock is StreamClock {
  return clock?.pieces.some(({ ticks }) => ticks !== 0) === true;
}

/**
 * Adds something to the times of packets, from certain packets on.
 *
 * The ticks in which the filter counts depend on ffmpeg's version, the container, and whether the header was written
 * when the packet arrived. So the filter measures them on the packets before the first jump, whose times are known, and
 * keeps the ticks per second in variable 1: the source's ticks, milliseconds, or the sound's samples.
 */
function clockFilter({ pieces, firstPieceS }: StreamClock, tickS: number): string {
  const steps = pieces.map(({ fromPacket, ticks }, i) => {
    const stepS = ((ticks - (pieces[i - 1]?.ticks ?? 0)) * tickS).toFixed(9);
    return `gte(N,${fromPacket})*(${stepS})`;
  });
  const lastBefore = (pieces[1]?.fromPacket ?? 1) - 1;
  const measured =
    firstPieceS > 0 ? `(PTS-STARTPTS)/${firstPieceS.toFixed(9)}` : 'if(gt(DURATION*TB,0.0001),1/TB,1000)';
  const near = (rate: string): string => `lt(abs(ld(0)/(${rate})-1),0.015)`;
  const known = `if(${near('1/TB')},1/TB,if(${near('1000')},1000,if(${near('max(SR,1)')},SR,ld(0))))`;
  const measure = `if(eq(N,${lastBefore}),st(0,${measured});st(1,${known}))`;
  const moved = (time: string): string =>
    `'${measure};if(eq(${time},NOPTS),NOPTS,${time}+round((${steps.join('+')})*ld(1)))'`;
  return `setts=pts=${moved('PTS')}:dts=${moved('DTS')}`;
}

/** The same for decoded sound: each packet becomes one frame, and the filter's ticks are known. */
export function clockAudioFilter({ pieces }: StreamClock, tickS: number): string {
  const steps = pieces.map(({ fromPacket, ticks }, i) => {
    const stepS = ((ticks - (pieces[i - 1]?.ticks ?? 0)) * tickS).toFixed(9);
    return `gte(st(0,ld(0)+${i === 0 ? 1 : 0})-1,${fromPacket})*(${stepS})`;
  });
  return `asetpts='PTS+round((${steps.join('+')})/TB)'`;
}

/**
 * The filter that leaves packets out. `-ss` on the output is not used, because it compares decoding times. ffmpeg
 * guesses these for the picture's first frames, and would drop the first keyframe and all frames that depend on it.
 */
function dropCondition({ kind, leftOut = [], dropsBefore }: PacketRules): string | undefined {
  const time = 'if(eq(pts,nopts),dts,pts)';
  const isBefore = `lt(${time},0)`;
  // Another video must start with a keyframe; variable 0 says that one has arrived.
  const before = kind === 'video' ? `(if(key*not(${isBefore}),st(0,1));not(ld(0))+${isBefore})` : isBefore;
  const conditions = [
    ...(dropsBefore ? [before] : []),
    ...leftOut.map(({ from, to }) => `between(n,${from},${to})`),
  ];
  return conditions.length === 0 ? undefined : conditions.join('+');
}
