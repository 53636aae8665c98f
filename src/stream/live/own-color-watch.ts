/** A source with more saturation than the first sends colour; with less than the second it sends gray. */
const colorfulFrom = 5;
const colorlessBelow = 2.5;
/** A change must last this long, so that headlights at night or a gray lorry by day do not count, ms. */
const holdMs = 4000;
/** After a change the result stays the same for this long, so that the picture does not flicker at twilight, ms. */
const dwellMs = 20_000;

/**
 * Says whether a camera sends colour. It assumes colour until it knows the first saturation. That shows
 * nothing wrong, because the chroma of a gray camera is gray.
 */
export class OwnColorWatch {
  private isOwn = true;
  private isDecided = false;
  private otherSinceMs: number | undefined;
  private changedMs = -Infinity;

  /**
   * @param saturation - the 90th percentile, 0..181; undefined if it is unknown
   * @param atMs - it never decreases
   * @returns whether to show the camera's own colour
   */
  update(saturation: number | undefined, atMs: number): boolean {
    const seen = this.judge(saturation);
    if (seen === undefined || seen === this.isOwn) {
      this.otherSinceMs = undefined;
      this.isDecided ||= seen !== undefined;
      return this.isOwn;
    }
    this.otherSinceMs ??= atMs;
    const hasLasted = atMs - this.otherSinceMs >= holdMs && atMs - this.changedMs >= dwellMs;
    if (!this.isDecided || hasLasted) this.change(seen, atMs);
    return this.isOwn;
  }

  private change(isOwn: boolean, atMs: number): void {
    if (this.isDecided) this.changedMs = atMs;
    this.isOwn = isOwn;
    this.isDecided = true;
    this.otherSinceMs = undefined;
  }

  private judge(saturation: number | undefined): boolean | undefined {
    if (saturation === undefined) return undefined;
    if (saturation >= colorfulFrom) return true;
    return saturation < colorlessBelow ? false : undefined;
  }
}
