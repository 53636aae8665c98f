/** Milliseconds since the epoch, with fractions; the clock of `capturedMs` and `sentMs`. Never runs backwards. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
