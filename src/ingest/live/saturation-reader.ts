import { saturationsOf } from '../ffmpeg/saturation.ts';

const longestLine = 256;

/** Reads what ffmpeg's `metadata=print` writes: chunks of any size in, each complete value out. */
export class SaturationReader {
  private rest = '';
  private readonly onValue: (saturation: number) => void;

  constructor(onValue: (saturation: number) => void) {
    this.onValue = onValue;
  }

  push(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) saturationsOf(line).forEach(this.onValue);
  }
}
