import type { FieldOrder } from '../../../frame.ts';
import type { SegmentRecord } from '../resume/journal.ts';

/** All segments of a film: those of a journal, or of the film's parts. */
export interface FinishedSegments {
  /** Where the finished film is put together. */
  readonly folder: string;
  /** In order, numbered from 0. */
  readonly segments: readonly SegmentRecord[];
  /** The frames of all segments. */
  readonly frames: number;
  /** The field orders of the segments, each once; undefined: of segments whose record does not say it. */
  readonly fieldOrders: readonly (FieldOrder | undefined)[];
  /** The path of segment `number`. */
  segmentPath(number: number): string;
}
