/**
 * The value of ffmpeg's `signalstats` filter that is read: the 90th percentile of a frame's saturation, 0..181. The
 * mean is small even by day if most of the picture is a gray road.
 */
export const liveSaturationKey = 'lavfi.signalstats.SATHIGH';
const value = /SATHIGH=([\d.]+)/;

const longestLine = 256;

/** Reads the output of ffmpeg's `metadata=print`: takes chunks of any size, and returns each complete value. */
export class SaturationReader {
  private rest = '';
  private readonly onValue: (saturation: number) => void;

  constructor(onValue: (saturation: number) => void) {
    this.onValue = onValue;
  }

  push(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) {
      const saturation = Number(value.exec(line)?.[1] ?? NaN);
      if (Number.isFinite(saturation)) this.onValue(saturation);
    }
  }
}
