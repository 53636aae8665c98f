/** How frames get their colour, step by step: shrink, scenes, motion, the network, steady colour, compose. */
import {
  bufferCount,
  concatAll,
  map,
  pairwise,
  scan,
  startWith,
  tap,
  type Observable,
  type OperatorFunction,
} from 'rxjs';
import { answerSize } from '../network-size.ts';
import { windowRadius } from '../pixels/guided.ts';
import type { FieldOrder } from '../../frame.ts';
import type { PixelPool } from '../pixels/pixel-pool.ts';
import type { MotionTask } from '../pixels/pixel-worker.ts';
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
import { pacedGroups, pacedMap, throughStage, type PacedGroups, type Stage } from './paced.ts';
import { heldForEnds, markEnds, SegmentEnds } from './segment-ends.ts';
import { groupScenes, lookaheadOfScenes } from './scene-stage.ts';
import { steadyColor, steadyFrames } from './steady-stage.ts';

/**
 * Number of frames that the pipeline can hold: a group at its start, the look-ahead of the scene and steady stages, a
 * batch, running pixel tasks, and the encoder's frames. With a smaller pool the pipeline would wait for itself.
 * @param concurrency - of the pixel pool
 */
export function framesInFlight(
  plan: Pick<ColorPlan, 'batchFrames' | 'blockFrames'>,
  concurrency: number,
): number {
  const ahead = lookaheadOfScenes + heldForEnds + steadyFrames(plan.blockFrames);
  return groupFrames + ahead + plan.batchFrames + concurrency + 2;
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
      shrinkGroups(plan, pixels),
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
      composeFrames(plan, pixels),
    );
}

/** Frames whose tasks are in one message to a pixel thread. */
const groupFrames = 4;

/**
 * As `shrinkFrames`, but holds frames back until there is a group of them. When the encoder is slower than the decoder,
 * each frame comes alone, as soon as a buffer is free. Without groups it would need messages of its own in each step.
 */
function shrinkGroups(plan: ColorPlan, pixels: PixelPool): OperatorFunction<FilmFrame, SmallFrame> {
  return (frames$) => frames$.pipe(bufferCount(groupFrames), concatAll(), shrinkFrames(plan, pixels));
}

/** Makes the small copies of frames, and measures their own colour if they have some. */
export function shrinkFrames(
  { rect, keepsOwnColor = false }: Pick<ColorPlan, 'rect' | 'keepsOwnColor'>,
  pixels: PixelPool,
): OperatorFunction<FilmFrame, SmallFrame> {
  return pacedGroups(async (frames) => {
    const tasks = frames.map(({ buffer: { place }, fields }) => ({
      place,
      rect,
      rows: rowsOf(fields),
      hasChroma: keepsOwnColor,
    }));
    const spreads = await pixels.shrink(tasks);
    return frames.map((frame, i) => ({ ...frame, small: frame.buffer.small, spread: spreads[i] }));
  }, smallGroups(pixels));
}

/** Small tasks keep one half of the threads busy, so that they come in groups. */
function smallGroups({ concurrency }: PixelPool): PacedGroups {
  return { concurrency: Math.ceil(concurrency / 2), most: groupFrames };
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
      pacedGroups(async (pairs) => {
        const tasks = pairs.map(motionTask);
        const uncovered = await pixels.motion(tasks.filter((task) => task !== undefined));
        return pairs.map(([, frame], i): MovingFrame => {
          if (!frame || !('scene' in frame)) throw new RangeError('a frame is missing');
          const found = tasks[i] && uncovered.shift();
          return {
            ...frame,
            motion: found === undefined ? undefined : { ...frame.buffer.motion, uncovered: found },
          };
        });
      }, smallGroups(pixels)),
    );
}

/** A frame and the one before it; a film that resumes knows only the small picture of the first. */
type FramePair = readonly [Earlier, Earlier];
type Earlier = MarkedFrame | { readonly small: Uint8Array } | undefined;

/** @returns undefined if colour must not be carried over from the frame before */
function motionTask([earlier, frame]: FramePair): MotionTask | undefined {
  if (!earlier || !frame || !('scene' in frame)) return undefined;
  const isHardCut = frame.isSceneStart && frame.scene.start !== 'gradual';
  if (isHardCut || frame.scene.isOwn) return undefined;
  const before = 'buffer' in earlier ? earlier.buffer.place : earlier.small;
  return { earlier: before, place: frame.buffer.place };
}

function withAnswers(plan: ColorPlan, tools: ColorTools): OperatorFunction<MovingFrame, AnsweredFrame> {
  const turn = tools.resume?.state.film?.turn ?? firstTurn;
  return (frames$) =>
    frames$.pipe(
      scan((before, frame) => takeTurn(before, frame, plan, tools), { turn } as Turn),
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

function takeTurn(
  { turn: before }: Turn,
  frame: MovingFrame,
  { networkEvery }: ColorPlan,
  { math }: Pick<ColorTools, 'math'>,
): Turn {
  const { motion, isSceneStart, small } = frame;
  const turn = nextTurn(before, { motion, isSceneStart, mean: math.meanOf(small) }, networkEvery);
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

function composeFrames(plan: ColorPlan, pixels: PixelPool): OperatorFunction<SteadyFrame, SteadyFrame> {
  const { rect, matrix, saturation, stride } = plan;
  const radiusPx = windowRadius(stride);
  return pacedGroups(
    async (frames) => {
      const colored = frames.filter(({ scene }) => !scene.isOwn);
      const tasks = colored.map(({ buffer: { place }, scene, fields }) => ({
        place,
        rect,
        matrix,
        radiusPx,
        saturation: scene.isCard ? 0 : saturation,
        interlaced: fields !== 'progressive',
      }));
      await pixels.compose(tasks);
      return frames;
    },
    { concurrency: pixels.concurrency, most: groupFrames },
  );
}
