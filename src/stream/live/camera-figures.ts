/** Latencies that the median is taken of. */
const latencies = 64;

/** What a camera counts, and its rates over the last second or so. */
export class CameraFigures {
  private counts = { in: 0, out: 0, answers: 0 };
  private rates = { fpsIn: 0, fpsOut: 0, answersPerS: 0 };
  private sinceMs = performance.now();
  private readonly latency: number[] = [];

  count(what: 'in' | 'out' | 'answers'): void {
    this.counts[what]++;
  }

  latencyOf(ms: number): void {
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

  get now(): { fpsIn: number; fpsOut: number; answersPerS: number; latencyMs: number | undefined } {
    const sorted = this.latency.toSorted((a, b) => a - b);
    return { ...this.rates, latencyMs: sorted[sorted.length >> 1] };
  }
}
