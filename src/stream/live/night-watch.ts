import type { CameraConfig } from '../../config/schema.ts';
import { wallTimeOf } from './epoch.ts';

/** What a camera knows about the light in a picture. */
export interface LightSample {
  /** The 90th percentile of the source's own saturation (ffmpeg's SATHIGH, 0..181); undefined if it is unknown. */
  readonly saturation: number | undefined;
  /** Mean luma, 0..255. */
  readonly brightness: number;
  readonly atMs: number;
}

/**
 * A source above the first sends colour (road cameras have 7 to 10 by day); a source below the second has lost
 * it.
 */
const colorfulFrom = 5;
const colorlessBelow = 2.5;
/** The source must show colour for this long before a loss of colour counts, ms. */
const provenMs = 10_000;
/**
 * A change must last this long, so that headlights do not count as day, nor a person in front of the lens as night, ms.
 */
const holdMs = 4000;
/** Day returns when the luma exceeds the darkness threshold by this factor. */
const dawn = 1.25;

/**
 * Tells whether a camera sees by infrared or in the dark. Two thresholds and a time keep it from flickering at dusk.
 */
export class NightWatch {
  private settings: CameraConfig['night'];
  private isNightNow = false;
  private otherSinceMs: number | undefined;
  private colorfulMs = 0;
  private lastMs: number | undefined;

  constructor(settings: CameraConfig['night']) {
    this.settings = settings;
  }

  /** Continues with other settings. If the way of detection changes, the watch starts over. */
  apply(settings: CameraConfig['night']): void {
    if (settings.detect !== this.settings.detect) this.forget();
    this.settings = settings;
  }

  get isNight(): boolean {
    return this.isNightNow;
  }

  /** Takes a sample, in order of time, and returns whether it is night now. */
  update(sample: LightSample): boolean {
    const seen = this.judge(sample);
    if (seen === undefined || seen === this.isNightNow) {
      this.otherSinceMs = undefined;
      return this.isNightNow;
    }
    this.otherSinceMs ??= sample.atMs;
    if (sample.atMs - this.otherSinceMs >= holdMs) {
      this.isNightNow = seen;
      this.otherSinceMs = undefined;
    }
    return this.isNightNow;
  }

  private forget(): void {
    this.isNightNow = false;
    this.otherSinceMs = undefined;
    this.colorfulMs = 0;
    this.lastMs = undefined;
  }

  private judge(sample: LightSample): boolean | undefined {
    const { detect, darkness, from, to } = this.settings;
    if (detect === 'off') return false;
    if (detect === 'hours') return isBetween(wallTimeOf(sample.atMs), from, to);
    if (detect === 'darkness')
      return this.isNightNow ? sample.brightness < darkness * dawn : sample.brightness < darkness;
    return this.hasLostColor(sample);
  }

  private hasLostColor({ saturation, atMs }: LightSample): boolean | undefined {
    const elapsedMs = Math.min(2000, atMs - (this.lastMs ?? atMs));
    this.lastMs = atMs;
    if (saturation === undefined) return undefined;
    if (saturation >= colorfulFrom) this.colorfulMs += elapsedMs;
    if (this.colorfulMs < provenMs) return false; // a camera that never had colour cannot lose it
    if (saturation >= colorfulFrom) return false;
    return saturation < colorlessBelow ? true : undefined;
  }
}

/** Whether a local time of day is between two others, which may be on both sides of midnight. */
function isBetween(atMs: number, from: string, to: string): boolean {
  const date = new Date(atMs);
  const now = date.getHours() * 60 + date.getMinutes();
  const [start, end] = [minutes(from), minutes(to)];
  return start <= end ? now >= start && now < end : now >= start || now < end;
}

function minutes(clock: string): number {
  const [hours = 0, rest = 0] = clock.split(':').map(Number);
  return hours * 60 + rest;
}
