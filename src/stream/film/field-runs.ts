import type { FieldOrder } from '../../frame.ts';
import { lookaheadFrames } from '../../ingest/scenes/scene-detector.ts';

/**
 * Fewer progressive frames between interlaced ones count as interlaced: telecine and broadcasts mix them, and each change
 * needs an encoder of its own. Not greater than what the pipeline holds: the decision needs the frames that follow.
 */
export const leastProgressive = lookaheadFrames + 2;

/** Decides frame by frame whether a film is treated as interlaced. The result depends only on the frames. */
export class FieldRuns {
  private readonly seen = new Map<number, FieldOrder>();
  private next: number | undefined;
  /** Of the last interlaced frame; undefined before the first one. */
  private last: FieldOrder | undefined;
  /** Progressive frames in a row up to the one before `next`. */
  private run = 0;

  /** Takes the next frame, as the source marks it. */
  see(index: number, fields: FieldOrder): void {
    this.next ??= index;
    this.seen.set(index, fields);
  }

  /**
   * Decides about a frame. Either `leastProgressive` - 1 frames after it must have been seen, or the film has ended.
   * Frames are asked about in order; those that are left out are never asked about.
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
