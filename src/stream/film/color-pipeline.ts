/** How frames get their colour, step by step: shrink, scenes, motion, the network, steady colour, compose. */
import { concatAll, map, pairwise, scan, startWith, tap, type Observable, type OperatorFunction } from 'rxjs';
import { answerSize } from '../network-size.ts';
import { windowRadius } from '../pixels/guided.ts';
import type { FieldOrder } from '../../frame.ts';
import type { PixelPool } from '../pixels/pixel-pool.ts';
import type { RowChoice } from '../pixels/shrink.ts';
import type { SizePx } from '../../frame.ts';
import type {
  AnsweredFrame,
  FilmFrame,
  MovingFrame,
  MarkedFrame,
  SmallFrame,
  SteadyFrame,
  NetworkTurn,
} from './film-frame.ts';
import type { ColorPlan, ColorTools } from './color-plan.ts';
import { FieldRuns } from './field-runs.ts';
import { firstTurn, nextTurn } from './network-turns.ts';
import { pacedMap, throughStage, type Stage } from './paced.ts';
import { heldForEnds, markEnds, SegmentEnds } from './segment-ends.ts';
import { groupScenes, lookaheadOfScenes } from './scene-stage.ts';
import { steadyColor, steadyFrames } from './steady-stage.ts';

/**
 * Number of frames that the pipeline can hold: the look-ahead of the scene and steady stages, running batches and
 * pixel tasks, and the encoder's frames. With a smaller pool the pipeline would wait for itself.
 * @param concurrency - of the pixel pool
 */
export function framesInFlight(
  plan: Pick<ColorPlan, 'batchFrames' | 'blockFrames'>,
  concurrency: number,
): number {
  const ahead = lookaheadOfScenes + heldForEnds + steadyFrames(plan.blockFrames);
  return ahead + 2 * plan.batchFrames + concurrency + 2;
}

/**
 * Colours frames. Frames come out in order, with the chroma planes of their buffers filled.
 * Nothing is dropped. The pool of the frame buffers limits how many frames are inside.
 */
export function colorPipeline(plan: ColorPlan, tools: ColorTools): OperatorFunction<FilmFrame, SteadyFrame> {
  const { pixels, resume, ends = new SegmentEnds(undefined, plan.batchFrames) } = tools;
  const runs = new FieldRuns();
  return (frames$) =>
    frames$.pipe(
      tap(({ index, fields }) => runs.see(index, fields)),
      pacedMap((frame) => shrinkFrame(frame, plan, pixels), pixels.concurrency),
      groupScenes(plan, tools),
      markEnds(ends),
      withMotion(tools),
      withAnswers(plan, tools),
      steadyColor({
        size: plan.smallSize,
        answerSize: answerSize(plan.smallSize, plan.stride),
        blockFrames: plan.blockFrames,
        math: tools.math,
        state: resume?.state.film?.color,
      }),
      map((frame) => ({ ...frame, fields: runs.decide(frame.index) })),
      pacedMap((frame) => composeFrame(frame, plan, pixels), pixels.concurrency),
    );
}

/** Makes a frame's small copy, and measures its own colour if it has some. */
export async function shrinkFrame(frame: FilmFrame, plan: ColorPlan, pixels: PixelPool): Promise<SmallFrame> {
  const { place, small } = frame.buffer;
  const spread = await pixels.shrink({
    place,
    rect: plan.rect,
    rows: rowsOf(frame.fields),
    hasChroma: plan.keepsOwnColor === true,
  });
  return { ...frame, small, spread };
}

/** The network sees the first field of an interlaced frame: half the rows, without combing. */
function rowsOf(fields: FieldOrder): RowChoice {
  if (fields === 'progressive') return 'all';
  return fields === 'bottom-first' ? 'bottom-field' : 'top-field';
}

function withMotion({
  pixels,
  resume,
}: ColorTools): (frames$: Observable<MarkedFrame>) => Observable<MovingFrame> {
  const memory = resume?.state.film;
  const before = memory && { small: memory.small };
  return (frames$) =>
    frames$.pipe(
      startWith(before),
      pairwise(),
      pacedMap(async ([earlier, frame]): Promise<MovingFrame> => {
        if (!frame || !('scene' in frame)) throw new RangeError('a frame is missing');
        const isHardCut = frame.isSceneStart && frame.scene.start !== 'gradual';
        if (!earlier || isHardCut || frame.scene.isOwn) return { ...frame, motion: undefined };
        const { place, motion } = frame.buffer;
        const before = 'buffer' in earlier ? earlier.buffer.place : earlier.small;
        const uncovered = await pixels.motion({ earlier: before, place });
        return { ...frame, motion: { ...motion, uncovered } };
      }, pixels.concurrency),
    );
}

function withAnswers(plan: ColorPlan, tools: ColorTools): OperatorFunction<MovingFrame, AnsweredFrame> {
  const turn = tools.resume?.state.film?.turn ?? firstTurn;
  return (frames$) =>
    frames$.pipe(
      scan((before, frame) => takeTurn(before, frame, plan.networkEvery), { turn } as Turn),
      map(({ frame }) => frame as AnsweredFrame),
      throughStage(() => new BatchStage()),
      pacedMap((batch) => askNetwork(batch, plan, tools), 2),
      concatAll(),
    );
}

/** Collects the frames of a batch. */
class BatchStage implements Stage<AnsweredFrame, AnsweredFrame[]> {
  #batch: AnsweredFrame[] = [];

  push(frame: AnsweredFrame): AnsweredFrame[][] {
    this.#batch.push(frame);
    return frame.endsBatch ? this.flush() : [];
  }

  flush(): AnsweredFrame[][] {
    const batch = this.#batch;
    this.#batch = [];
    return batch.length === 0 ? [] : [batch];
  }
}

interface Turn {
  readonly turn: NetworkTurn;
  readonly frame?: AnsweredFrame;
}

function takeTurn({ turn: before }: Turn, frame: MovingFrame, every: number): Turn {
  const turn = nextTurn(before, frame, every);
  return { turn, frame: { ...frame, turn, answer: undefined } };
}

async function askNetwork(
  batch: readonly AnsweredFrame[],
  plan: ColorPlan,
  { network, pixels }: Pick<ColorTools, 'network' | 'pixels'>,
): Promise<AnsweredFrame[]> {
  const asked = batch.filter(({ turn, scene }) => turn.sinceAnswer === 0 && !scene.isCard && !scene.isOwn);
  if (asked.length === 0) return [...batch];
  const { smallSize, temperature, liveliness } = plan;
  const answers = await network.colorize({
    pictures: asked.map((frame) => frame.small),
    size: smallSize,
    conditions: await Promise.all(asked.map((frame) => frame.scene.condition)),
    temperature,
    liveliness,
    lumaAt: (picture, size) => lumaOf(asked[picture], plan, pixels, size),
  });
  const answerOf = new Map(asked.map((frame, i) => [frame.index, answers[i]]));
  return batch.map((frame) => ({ ...frame, answer: answerOf.get(frame.index) }));
}

/** A frame's luma in the size of an imported network. */
function lumaOf(
  frame: AnsweredFrame | undefined,
  { rect }: ColorPlan,
  pixels: PixelPool,
  size: SizePx,
): Promise<Uint8Array> {
  if (!frame) throw new RangeError('the network asked for a picture that it was not given');
  return pixels.resize({ place: frame.buffer.place, rect, rows: rowsOf(frame.fields), size });
}

async function composeFrame(frame: SteadyFrame, plan: ColorPlan, pixels: PixelPool): Promise<SteadyFrame> {
  if (frame.scene.isOwn) return frame;
  await pixels.compose({
    place: frame.buffer.place,
    rect: plan.rect,
    matrix: plan.matrix,
    radiusPx: windowRadius(plan.stride),
    saturation: frame.scene.isCard ? 0 : plan.saturation,
    interlaced: frame.fields !== 'progressive',
  });
  return frame;
}
