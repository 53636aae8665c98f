/** When a clock counts as jumping, as in ffmpeg for formats that allow jumps. */
import type { ScannedPacket } from './packet-scan.ts';

/** A clock that goes back this far has started again; seconds. */
const backS = 0.1;
/** A clock that advances by more than this has jumped. A shorter gap stays in the film. Seconds. */
const forwardS = 10;

/** The thresholds in ticks. */
export interface JumpLimits {
  readonly back: number;
  readonly forward: number;
}

/** @param tickS - seconds of a tick */
export function jumpLimits(tickS: number): JumpLimits {
  return { back: backS / tickS, forward: forwardS / tickS };
}

/** Whether a time does not follow from the one that was expected. */
export function isJump(expected: number, time: number, { back, forward }: JumpLimits): boolean {
  return time < expected - back || time > expected + forward;
}

/** When a packet is decoded, or when it is shown if only that is known. */
export function clockOf({ dts, pts }: ScannedPacket): number | undefined {
  return dts ?? pts;
}

/** Watches the clocks of some streams. */
export class JumpWatch {
  /** A clock has jumped. */
  hasJumped = false;
  private readonly limits: JumpLimits;
  private readonly streams: ReadonlySet<number>;
  private readonly expected = new Map<number, number>();

  /** @param streams - picture and sound; packets of other streams are too far apart */
  constructor(streams: ReadonlySet<number>, limits: JumpLimits) {
    this.streams = streams;
    this.limits = limits;
  }

  add(packet: ScannedPacket): void {
    const time = clockOf(packet);
    if (time === undefined || !this.streams.has(packet.stream)) return;
    const expected = this.expected.get(packet.stream);
    if (expected !== undefined && isJump(expected, time, this.limits)) this.hasJumped = true;
    this.expected.set(packet.stream, time + (packet.duration ?? 0));
  }
}
