/** Reads a film once to find where its scenes start anew. Nothing is coloured. */
import { lastValueFrom, map, tap } from 'rxjs';
import { decodeLuma } from '../../../ingest/film/decode.ts';
import { contextFrames } from '../../../ingest/scenes/scene-detector.ts';
import type { PaletteNetwork } from '../../palette.ts';
import { shrinkFrames } from '../color-pipeline.ts';
import { filmFrame, type FilmFrame, type MarkedFrame } from '../film-frame.ts';
import type { FilmJob } from '../film-job.ts';
import { decodeOptions } from '../plan/film-plan.ts';
import { FramePool, type FrameBuffer } from '../frame-pool.ts';
import { fromPulled } from '../paced.ts';
import { contextOf, type ContextFrame, type StartState } from '../resume/resume-point.ts';
import { groupScenes, lookaheadOfScenes } from '../scene-stage.ts';
import { heldForEnds, markEnds, SegmentEnds, startsAnew } from '../segment-ends.ts';

/** A frame at which a segment starts with a new scene. */
export interface PossibleStart {
  readonly index: number;
  readonly state: Required<Pick<StartState, 'context' | 'cutState'>>;
}

/** All frames of a film, and where a part may start. */
export interface FilmScan {
  /** pts and CRC-32 of the luma of every frame, in order. */
  readonly frames: readonly ContextFrame[];
  /** In order, without the film's first frame. */
  readonly starts: readonly PossibleStart[];
}

/**
 * Finds scenes and segments with the code that finds them while the film is coloured.
 * @throws {AppError} as the decoder; INTERRUPTED when the signal fires
 */
export async function scanCuts({ plan, opened, resources, stats }: FilmJob): Promise<FilmScan> {
  const { pixels, signal, reporter } = resources;
  const threads = pixels.concurrency;
  const pool = new FramePool(plan, { capacity: lookaheadOfScenes + heldForEnds + threads + 2, threads });
  const release = (buffer: FrameBuffer): void => pool.release(buffer);
  const luma = { ...plan, keepsOwnColor: false };
  const scan = new ScanNotes();
  await using decoder = decodeLuma(
    { input: opened, source: plan.source },
    { ...decodeOptions(plan), whole: undefined },
    { acquire: () => pool.acquire(), release, signal, onNotice: () => undefined },
  );
  const frames$ = fromPulled(decoder.frames).pipe(
    map((frame, i): FilmFrame => filmFrame(i, frame, plan)),
    shrinkFrames(luma, pixels),
    groupScenes(luma, { network: noPalettes, math: pool.math, release }),
    markEnds(new SegmentEnds(plan.segments, plan.batchFrames)),
    tap((frame) => {
      scan.add(frame);
      release(frame.buffer);
      reporter.progress({
        input: plan.input,
        frames: scan.frames.length,
        totalFrames: undefined,
        fps: scan.frames.length / stats.elapsedS,
        scenes: frame.scene.number + 1,
      });
    }),
  );
  try {
    await lastValueFrom(frames$, { defaultValue: undefined });
  } finally {
    pool.close();
  }
  return scan;
}

class ScanNotes implements FilmScan {
  readonly frames: ContextFrame[] = [];
  readonly starts: PossibleStart[] = [];
  #before: MarkedFrame | undefined;

  add(frame: MarkedFrame): void {
    if (this.#before?.endsSegment === true && startsAnew(frame)) {
      const context = this.frames.slice(-contextFrames);
      this.starts.push({ index: frame.index, state: { context, cutState: this.#before.cutState } });
    }
    this.frames.push(contextOf(frame.pts, frame.buffer.luma));
    this.#before = frame;
  }
}

/** Palettes are not needed to find cuts. */
const noPalettes: PaletteNetwork = {
  embeddingSide: 8,
  embed: (pictures) => Promise.resolve(pictures.map(() => new Float32Array(1))),
  condition: (embedding) => embedding,
};
