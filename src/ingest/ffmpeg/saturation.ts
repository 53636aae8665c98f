/** Reads the mean saturation that ffmpeg's `signalstats` filter measures and its `metadata=print` filter prints. */

/** The metadata key: mean saturation of a frame, 0..181. */
export const saturationKey = 'lavfi.signalstats.SATAVG';

/** Reads the values from complete lines, in order. */
export function saturationsOf(text: string): number[] {
  return [...text.matchAll(/SATAVG=([\d.]+)/g)].map(([, value]) => Number(value)).filter(Number.isFinite);
}
