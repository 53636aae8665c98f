/** Finds the packets of a source that are not in the finished film, by their numbers. */
import { scanPackets, type ScannedPacket } from '../../../ingest/film/packet-scan.ts';
import type { OtherStream, SourceInfo } from '../../../ingest/film/source-info.ts';
import type { SourceInput } from '../../../ingest/film/source-input.ts';
import type { ClockPiece, Timeline } from '../../../ingest/film/timeline.ts';
import type { Container } from '../encode/encoders.ts';
import type { MuxCut } from './mux-options.ts';
import type { PacketRange } from './packet-filters.ts';

/** Packet numbers by stream index. */
export type PacketsLeftOut = ReadonlyMap<number, readonly PacketRange[]>;

/** The most samples that a decoder of AAC produces before the first audible one. */
const primingSamples = 2112;

/**
 * Finds the sound that an edit list of an mp4 or mov hides, and packets after the end of a part of a film whose clock
 * jumps.
 */
export async function packetsLeftOut(
  opened: SourceInput,
  film: { readonly source: SourceInfo; readonly cut: MuxCut; readonly container: Container },
  signal: AbortSignal,
): Promise<PacketsLeftOut> {
  const { source, cut, container } = film;
  const ranges = new Ranges();
  if (source.timeline !== undefined) {
    if (cut.durationS === undefined) return ranges.found;
    const tickS = source.video.timeBase.num / source.video.timeBase.den;
    const end = Math.round((cut.zeroS + cut.durationS) / tickS);
    const isLate = behind(source.timeline, end);
    await scanPackets(opened, { signal }, (packet) => ranges.add(packet.stream, isLate(packet)));
    return ranges.found;
  }
  const sounds = source.others.filter(({ kind }) => kind === 'audio');
  if (!source.container.includes('mp4') || cut.dropsBefore || sounds.length === 0) return ranges.found;
  const firstPts = new Map<number, number>();
  await scanPackets(opened, { streams: 'a', signal }, ({ stream, pts = 0, isHidden }) => {
    if (!firstPts.has(stream)) firstPts.set(stream, pts);
    ranges.add(stream, isHidden);
  });
  for (const sound of sounds) ranges.keepPreroll(sound, firstPts.get(sound.index) ?? 0, container);
  return ranges.found;
}

/** Says whether a packet is shown at or after a time on the new clock. Call it for all packets in order. */
function behind({ others }: Timeline, end: number): (packet: ScannedPacket) => boolean {
  const counts = new Map<number, number>();
  return ({ stream, pts, dts }) => {
    const number = counts.get(stream) ?? 0;
    counts.set(stream, number + 1);
    const time = pts ?? dts;
    return time !== undefined && time + ticksAt(others.get(stream)?.pieces ?? [], number) >= end;
  };
}

function ticksAt(pieces: readonly ClockPiece[], number: number): number {
  return pieces.findLast(({ fromPacket }) => fromPacket <= number)?.ticks ?? 0;
}

/** Counts packets, and collects the numbers of those that are left out. */
class Ranges {
  readonly found = new Map<number, PacketRange[]>();
  private readonly counts = new Map<number, number>();

  add(stream: number, isLeftOut: boolean): void {
    const number = this.counts.get(stream) ?? 0;
    this.counts.set(stream, number + 1);
    if (!isLeftOut) return;
    const ranges = this.found.get(stream) ?? [];
    const last = ranges.at(-1);
    if (last?.to === number - 1) ranges[ranges.length - 1] = { from: last.from, to: number };
    else ranges.push({ from: number, to: number });
    this.found.set(stream, ranges);
  }

  /**
   * Keeps the hidden packets that the first audible one needs: all of them if they are no more than an encoder's delay,
   * else the last one, and that only in a container whose edit list hides it again.
   */
  keepPreroll({ index, timeBase, sampleRate }: OtherStream, firstPts: number, container: Container): void {
    const ranges = this.found.get(index);
    const [first] = ranges ?? [];
    if (ranges === undefined || first?.from !== 0) return;
    const hiddenSamples = (-firstPts * timeBase.num * (sampleRate ?? 0)) / timeBase.den;
    const isDelay = hiddenSamples <= primingSamples;
    const kept = isDelay ? first.to + 1 : container === 'mp4' || container === 'mov' ? 1 : 0;
    if (first.to - kept < 0) ranges.shift();
    else ranges[0] = { from: 0, to: first.to - kept };
  }
}
