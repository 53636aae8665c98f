/** Sizes and durations in words. */

/** @returns `13.7 MB`, `512 MB` or `1.5 GB`; powers of ten */
export function sizeText(bytes: number): string {
  if (bytes >= 0.95e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${(bytes / 1e6).toFixed(bytes < 100e6 ? 1 : 0)} MB`;
}

/**
 * A duration for a clock that counts down.
 * @returns `0:05`, `1:05` or `2:03:10`; `?` when it is unknown
 */
export function durationText(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '?';
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = String(whole % 60).padStart(2, '0');
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${String(minutes).padStart(2, '0')}:${tail}`;
}

/** An estimated duration, rounded up to minutes: `1 minute`, `25 minutes` or `2 h 5 min`. */
export function roughDurationText(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
