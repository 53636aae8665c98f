import type { FieldOrder } from '../../frame.ts';
import { lookaheadFrames } from '../../ingest/scenes/scene-detector.ts';

/**
 * Fewer progressive frames than this between interlaced ones count as interlaced, because telecine and broadcasts mix
 * them, and each change needs a new encoder. It must not exceed what the pipeline holds, because the decision needs the
 * frames that follow.
 */
export const leastProgressive = lookaheadFrames + 2;

/** Decides frame by frame whether a film is treated as interlaced. The result depends only on the frames. */
export class FieldRuns {
  private readonly seen = new Map<number, FieldOrder>();
  private next: number | undefined;
  /** The index of the last interlaced frame; undefined before the first one. */
  private last: FieldOrder | undefined;
  /** The number of consecutive progressive frames before `next`. */
  private run = 0;

  /** Takes the source's mark of the next frame. */
  see(index: number, fields: FieldOrder): void {
    this.next ??= index;
    this.seen.set(index, fields);
  }

  /**
   * Decides about a frame. Either `leastProgressive` - 1 frames after it must have been seen, or the film must have
   * ended. Call it for the frames in order; some may be skipped.
   */
  decide(index: number): FieldOrder {
    let decided: FieldOrder = 'progressive';
    for (let at = this.next ?? index; at <= index; at++) decided = this.step(at);
    this.next = index + 1;
    return decided;
  }

  private step(index: number): FieldOrder {
    const fields = this.seen.get(index) ?? 'progressive';
    this.seen.delete(index);
    if (fields !== 'progressive') {
      this.last = fields;
      this.run = 0;
      return fields;
    }
    this.run++;
    return this.last === undefined || this.isLong(index) ? 'progressive' : this.last;
  }

  private isLong(index: number): boolean {
    let length = this.run;
    while (length < leastProgressive && this.seen.get(index + 1 + length - this.run) === 'progressive')
      length++;
    return length >= leastProgressive;
  }
}
