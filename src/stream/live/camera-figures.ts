import type { DropCause } from '../../ingest/live/camera-status.ts';
import type { Metrics } from './metrics.ts';

/** The median covers this many latencies. */
const latencies = 64;

/** Rates of the last second, and the median latency, which is undefined without a viewer. */
export interface CameraRates {
  readonly fpsIn: number;
  readonly fpsOut: number;
  readonly answersPerS: number;
  readonly latencyMs: number | undefined;
}

/** Counts what one camera does, for its status and for the program's metrics. */
export class CameraFigures {
  private readonly camera: string;
  private readonly metrics: Metrics;
  private counts = { in: 0, out: 0, answers: 0 };
  private rates = { fpsIn: 0, fpsOut: 0, answersPerS: 0 };
  private sinceMs = performance.now();
  private readonly latency: number[] = [];
  private reconnectCount = 0;

  constructor(camera: string, metrics: Metrics) {
    this.camera = camera;
    this.metrics = metrics;
  }

  /** ffmpeg has delivered a frame. */
  countIn(): void {
    this.counts.in++;
    this.metrics.framesIn.inc({ camera: this.camera });
  }

  /** Nobody needed a frame: no viewer, and its time to look at the scene has not come. */
  countSkipped(): void {
    this.metrics.framesSkipped.inc({ camera: this.camera });
  }

  /** A frame has been coloured. @param hasAnswer - the frame took in an answer of the network */
  countOut(hasAnswer: boolean): void {
    this.counts.out++;
    this.metrics.framesColored.inc({ camera: this.camera });
    if (!hasAnswer) return;
    this.counts.answers++;
    this.metrics.answers.inc({ camera: this.camera });
  }

  countReconnect(): void {
    this.reconnectCount++;
    this.metrics.reconnects.inc({ camera: this.camera });
  }

  countDropped(cause: DropCause, count: number): void {
    this.metrics.dropped(this.camera, cause, count);
  }

  /** A picture has been encoded this long after ffmpeg delivered its frame. */
  addLatency(ms: number): void {
    this.latency.push(ms);
    if (this.latency.length > latencies) this.latency.shift();
  }

  /** Computes the rates since the last call; call it about once a second. */
  tick(): void {
    const now = performance.now();
    const seconds = Math.max(0.001, (now - this.sinceMs) / 1000);
    this.rates = {
      fpsIn: this.counts.in / seconds,
      fpsOut: this.counts.out / seconds,
      answersPerS: this.counts.answers / seconds,
    };
    this.counts = { in: 0, out: 0, answers: 0 };
    this.sinceMs = now;
    if (this.rates.fpsOut === 0) this.latency.length = 0;
  }

  get reconnects(): number {
    return this.reconnectCount;
  }

  /** Returns a copy. */
  get dropped(): Record<DropCause, number> {
    return { ...this.metrics.droppedOf(this.camera) };
  }

  get now(): CameraRates {
    const sorted = this.latency.toSorted((a, b) => a - b);
    return { ...this.rates, latencyMs: sorted[sorted.length >> 1] };
  }
}
