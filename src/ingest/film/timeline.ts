import { clockOf, isJump, jumpLimits, type JumpLimits } from './clock-jumps.ts';
import type { ScannedPacket } from './packet-scan.ts';

/** A part of a stream whose clock does not jump. */
export interface ClockPiece {
  /** Number of its first packet in the stream, from 0. */
  readonly fromPacket: number;
  /** Added to its times. */
  readonly ticks: number;
}

/** How the times of a stream continue. */
export interface StreamClock {
  readonly pieces: readonly ClockPiece[];
  /** Seconds between its first packet and the last one of the first piece; 0 if there is only one. */
  readonly firstPieceS: number;
}

/** How a film whose clock jumps becomes one without jumps. All times are in ticks of the picture. */
export interface Timeline {
  /** What is added to the picture's times before its first jump, after its first jump, and so on. */
  readonly picture: readonly number[];
  /** By the index of each other stream. */
  readonly others: ReadonlyMap<number, StreamClock>;
  /** The times of the picture's jumps on the new clock. */
  readonly jumps: readonly number[];
  /** When the picture ends on the new clock. */
  readonly end: number;
}

export interface TimelineSource {
  /** In the order in which ffmpeg reads them. */
  readonly packets: readonly ScannedPacket[];
  /** Stream index of the picture. */
  readonly picture: number;
  /** Stream indexes whose packets follow each other without pauses. */
  readonly sound: ReadonlySet<number>;
  /** Seconds of a tick; all streams have the same. */
  readonly tickS: number;
}

/** Packets of the picture between two jumps. */
interface Epoch {
  /** The position of its start in the file. */
  readonly position: number;
  /** The first and last moments that are shown, on the source's clock. */
  begin: number;
  end: number;
  /** The total duration of its packets. */
  length: number;
  /** For some packets it is not known when they are shown; the last one shown may be one of them. */
  isVague: boolean;
  /** Added to its times. */
  ticks: number;
}

/** Sound that starts within this of the picture belongs to it; seconds. */
const togetherS = 5;

/**
 * Joins a film where its clock restarts or jumps, as ffmpeg does. The picture continues one frame after the last one,
 * and the sound moves with it. If sound would overlap earlier sound, both move further. If only the sound jumps, only
 * the sound is moved.
 */
export function timelineOf(source: TimelineSource): Timeline {
  const limits = jumpLimits(source.tickS);
  const streams = packetsByStream(source.packets);
  const picture = streams.get(source.picture) ?? [];
  const epochs = epochsOf(picture, limits);
  const sounds = [...source.sound].map((index) => streams.get(index) ?? []);
  const together = togetherS / source.tickS;
  joinEpochs(epochs, sounds, { limits, together });
  const clock = pictureClock(picture, epochs, limits);
  const others = [...streams].flatMap(([index, packets]): [number, StreamClock][] => {
    if (index === source.picture) return [];
    const isSound = source.sound.has(index);
    const pieces = piecesOf(packets, { epochs, clock, limits, together, isSound });
    return [[index, { pieces, firstPieceS: firstSpan(packets, pieces) * source.tickS }]];
  });
  const last = epochs.at(-1);
  return {
    picture: epochs.map(({ ticks }) => ticks),
    others: new Map(others),
    jumps: epochs.slice(1).map(({ begin, ticks }) => begin + ticks),
    end: last === undefined ? 0 : last.end + last.ticks,
  };
}

/** A packet whose time and position are known. */
interface Placed {
  /** Number in its stream. */
  readonly number: number;
  readonly time: number;
  /** undefined if it is not known: DVDs do not store it for every packet */
  readonly shown: number | undefined;
  readonly duration: number;
  readonly position: number;
}

function packetsByStream(packets: readonly ScannedPacket[]): Map<number, Placed[]> {
  const streams = new Map<number, Placed[]>();
  const counts = new Map<number, number>();
  for (const packet of packets) {
    const placed = streams.get(packet.stream) ?? [];
    const number = counts.get(packet.stream) ?? 0;
    counts.set(packet.stream, number + 1);
    streams.set(packet.stream, placed);
    const time = clockOf(packet);
    if (time === undefined) continue;
    placed.push({
      number,
      time,
      shown: packet.pts,
      duration: packet.duration ?? 0,
      position: packet.position ?? placed.at(-1)?.position ?? 0,
    });
  }
  return streams;
}

function epochsOf(picture: readonly Placed[], limits: JumpLimits): Epoch[] {
  const epochs: Epoch[] = [];
  let before: Placed | undefined;
  for (const packet of picture) {
    const current = epochs.at(-1);
    const isNew = before === undefined || isJump(before.time + before.duration, packet.time, limits);
    before = packet;
    const begin = packet.shown ?? packet.time;
    const end = begin + packet.duration;
    const isVague = packet.shown === undefined;
    if (current === undefined || isNew) {
      epochs.push({ position: packet.position, begin, end, length: packet.duration, isVague, ticks: 0 });
      continue;
    }
    current.begin = Math.min(current.begin, begin);
    current.end = Math.max(current.end, end);
    current.length += packet.duration;
    current.isVague ||= isVague;
  }
  for (const epoch of epochs) if (epoch.isVague) epoch.end = Math.max(epoch.end, epoch.begin + epoch.length);
  return epochs;
}

/** Computes what is added to the times of each epoch. */
function joinEpochs(
  epochs: readonly Epoch[],
  sounds: readonly (readonly Placed[])[],
  { limits, together }: { readonly limits: JumpLimits; readonly together: number },
): void {
  epochs.forEach((epoch, i) => {
    const before = epochs[i - 1];
    if (before === undefined) return;
    epoch.ticks = before.end + before.ticks - epoch.begin;
    const overlaps = sounds.map((sound) => {
      const next = sound.findIndex(({ position }) => position >= epoch.position);
      const [last, first] = [sound[next - 1], sound[next]];
      if (last === undefined || first === undefined) return 0;
      const isOurs = Math.abs(first.time - epoch.begin) < together;
      const overlap = last.time + last.duration + before.ticks - (first.time + epoch.ticks);
      return isOurs && overlap < together ? overlap : 0;
    });
    const overlap = Math.max(0, ...overlaps);
    if (overlap > limits.back) epoch.ticks += overlap;
  });
}

/** Returns when the picture near a position in the file is decoded, on the new clock. */
function pictureClock(
  picture: readonly Placed[],
  epochs: readonly Epoch[],
  limits: JumpLimits,
): (position: number) => number {
  const times: number[] = [];
  let epoch = 0;
  picture.forEach((packet, i) => {
    const before = picture[i - 1];
    if (before !== undefined && isJump(before.time + before.duration, packet.time, limits)) epoch++;
    times.push(packet.time + (epochs[epoch]?.ticks ?? 0));
  });
  return (position) => {
    let [low, high] = [0, picture.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((picture[middle]?.position ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return times[Math.max(0, low - 1)] ?? 0;
  };
}

interface PieceSources {
  readonly epochs: readonly Epoch[];
  readonly clock: (position: number) => number;
  readonly limits: JumpLimits;
  readonly together: number;
  readonly isSound: boolean;
}

/**
 * Cuts a stream into pieces. Where its clock or the picture's clock jumps, it searches for the epoch in which the
 * stream keeps its distance to the picture. Sound that fits no epoch continues where it ended.
 */
function piecesOf(packets: readonly Placed[], sources: PieceSources): ClockPiece[] {
  const { epochs, clock, limits, together, isSound } = sources;
  const pieces: ClockPiece[] = [];
  let [ticks, epoch, lead] = [epochs[0]?.ticks ?? 0, 0, 0];
  let expected: number | undefined;
  for (const { number, time, duration, position } of packets) {
    const at = epochAt(epochs, position, epoch);
    const jumps = isSound && expected !== undefined && isJump(expected - ticks, time, limits);
    if (at !== epoch || jumps) {
      const wanted = clock(position) + lead;
      const choice = [ticks, ...epochs.slice(Math.max(0, at - 1), at + 2).map((near) => near.ticks)];
      const best = nearest(choice, wanted - time);
      const fits = time + best >= (expected ?? -Infinity) - limits.back;
      const isNear = Math.abs(time + best - wanted) < together;
      ticks = !isSound || (fits && isNear) ? best : (expected ?? time + best) - time;
      epoch = at;
    }
    if (pieces.at(-1)?.ticks !== ticks) pieces.push({ fromPacket: number, ticks });
    expected = time + duration + ticks;
    lead = time + ticks - clock(position);
  }
  return pieces;
}

/** Ticks between the first packet and the last one of the first piece. */
function firstSpan(packets: readonly Placed[], pieces: readonly ClockPiece[]): number {
  const next = packets.findIndex(({ number }) => number === pieces[1]?.fromPacket);
  const last = packets.at(next < 0 ? -1 : next - 1);
  return (last?.shown ?? last?.time ?? 0) - (packets[0]?.shown ?? packets[0]?.time ?? 0);
}

/** The epoch of a position in the file. Streams are read roughly in the order of the file. */
function epochAt(epochs: readonly Epoch[], position: number, from: number): number {
  let epoch = from;
  while (position >= (epochs[epoch + 1]?.position ?? Infinity)) epoch++;
  return epoch;
}

function nearest(choice: readonly number[], wanted: number): number {
  return choice.reduce((best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best));
}
