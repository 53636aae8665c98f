/** A source with more saturation than this sends colour of its own; with less than the other it sends gray. */
const colorfulFrom = 5;
const colorlessBelow = 2.5;
/** A change must last this long, so that headlights at night or a gray lorry by day change nothing, ms. */
const holdMs = 4000;
/** After a change the camera stays as it is for this long, so that nothing flickers at twilight, ms. */
const dwellMs = 20_000;

/**
 * Tells whether a camera sends colour of its own. Until its first saturation is known it is taken for one: the chroma
 * of a gray camera is gray, so that nothing wrong is shown.
 */
export class OwnColorWatch {
  private isOwn = true;
  private isDecided = false;
  private otherSinceMs: number | undefined;
  private changedMs = -Infinity;

  /**
   * @param saturation - the 90th percentile, 0..181; undefined when it is not known
   * @param atMs - rising
   * @returns whether the camera's own colour is to be shown
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
