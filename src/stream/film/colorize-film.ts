import {
  bufferCount,
  concatAll,
  map,
  pairwise,
  scan,
  startWith,
  type Observable,
  type OperatorFunction,
} from 'rxjs';
import type { SizePx, YuvMatrix } from '../../frame.ts';
import type {
  AnsweredFrame,
  FilmFrame,
  MovingFrame,
  SceneFrame,
  SmallFrame,
  SteadyFrame,
} from './film-frame.ts';
import { answerSize } from '../network-size.ts';
import { pacedMap } from './paced.ts';
import type { PixelPool } from '../pixels/pixel-pool.ts';
import { windowRadius } from '../pixels/guided.ts';
import type { FrameLayout } from '../pixels/compose.ts';
import type { RectPx } from '../pixels/rect.ts';
import type { RowChoice } from '../pixels/shrink.ts';
import type { ColorState } from '../pixels/steady.ts';
import { groupScenes, type SceneStageOptions } from './scene-stage.ts';
import { steadyColor } from './steady-stage.ts';

/** The network as the pipeline sees it. */
export interface ChromaSource {
  /**
   * @param pictures - full-range luma bytes, `[h * w]` each
   * @param conditions - `[256]`, one a picture
   * @returns a*, b* of each, `[2, h / 4, w / 4]`; the caller owns them
   */
  colorize(batch: {
    pictures: readonly Uint8Array[];
    size: SizePx;
    conditions: readonly Float32Array[];
    temperature?: number;
  }): Promise<readonly Float32Array[]>;
}

/** What the pipeline remembers after a frame: with it, the next frame can be the first of another run. */
export interface FilmState {
  readonly color: ColorState;
  readonly small: Uint8Array;
  readonly sinceAnswer: number;
}

export interface FilmOptions {
  readonly layout: FrameLayout;
  readonly matrix: YuvMatrix;
  /** Where the picture is (without black bars). */
  readonly rect: RectPx;
  readonly rows: RowChoice;
  readonly smallSize: SizePx;
  /** Frames of one call of the network; batches are cut by frame number. */
  readonly batchFrames: number;
  /** Frames of a block of the steady step: colour is the mean of answers from one to two blocks ahead. */
  readonly blockFrames: number;
  /** The network sees at least every n-th frame of a scene. */
  readonly networkEvery: number;
  readonly temperature?: number;
  readonly saturation: number;
  /** Times that the network's answer is smaller than its picture, each way. */
  readonly stride: number;
  readonly scenes: SceneStageOptions;
  readonly network: ChromaSource;
  readonly pixels: PixelPool;
  readonly resume?: FilmState;
}

/** Share of a frame that was not seen before, above which the network is asked out of turn. */
const uncoveredLimit = 0.06;

/**
 * Colours the frames of a film: each frame's buffer has its chroma planes filled when it comes out, in order.
 *
 * Nothing is dropped. How many frames are inside is bounded by the pool that their buffers come from.
 */
export function colorizeFilm(frames$: Observable<FilmFrame>, options: FilmOptions): Observable<SteadyFrame> {
  const { pixels, layout, rect, rows, smallSize } = options;
  return frames$.pipe(
    pacedMap(async (frame): Promise<SmallFrame> => {
      const small = await pixels.shrink({ memory: frame.buffer.memory, layout, rect, size: smallSize, rows });
      return { ...frame, small };
    }, pixels.concurrency),
    groupScenes(options.scenes),
    withMotion(options),
    withAnswers(options),
    steadyColor({
      ...{ size: smallSize, answerSize: answerSize(smallSize, options.stride) },
      ...{ blockFrames: options.blockFrames, state: options.resume?.color },
    }),
    pacedMap((frame) => composeFrame(frame, options), pixels.concurrency),
  );
}

/** `colorizeFilm` as an operator: `frames$.pipe(colorize(options))`. */
export function colorize(options: FilmOptions): OperatorFunction<FilmFrame, SteadyFrame> {
  return (frames$) => colorizeFilm(frames$, options);
}

function withMotion(options: FilmOptions): (frames$: Observable<SceneFrame>) => Observable<MovingFrame> {
  const before = options.resume ? { small: options.resume.small } : undefined;
  return (frames$) =>
    frames$.pipe(
      startWith(before),
      pairwise(),
      pacedMap(async ([earlier, frame]): Promise<MovingFrame> => {
        if (!frame || !('scene' in frame)) throw new RangeError('a frame is missing');
        const isHardCut = frame.isSceneStart && frame.scene.start !== 'gradual';
        if (!earlier || isHardCut) return { ...frame, motion: undefined };
        const task = { earlier: earlier.small, later: frame.small, size: options.smallSize };
        return { ...frame, motion: await options.pixels.motion(task) };
      }, options.pixels.concurrency),
    );
}

function withAnswers(options: FilmOptions): OperatorFunction<MovingFrame, AnsweredFrame> {
  return (frames$) =>
    frames$.pipe(
      scan(nextAnswer, { sinceAnswer: options.resume?.sinceAnswer ?? 0, every: options.networkEvery }),
      map(({ frame }) => frame as AnsweredFrame),
      bufferCount(options.batchFrames),
      pacedMap((batch) => askNetwork(batch, options), 2),
      concatAll(),
    );
}

interface AnswerPlan {
  readonly sinceAnswer: number;
  readonly every: number;
  readonly frame?: AnsweredFrame;
}

/** Decides by content and frame count alone whether the network sees a frame, so that every run decides alike. */
function nextAnswer(plan: AnswerPlan, frame: MovingFrame): AnswerPlan {
  const isDue = plan.sinceAnswer + 1 >= plan.every;
  const isNew = frame.motion === undefined || frame.motion.uncovered > uncoveredLimit;
  const sinceAnswer = isDue || isNew ? 0 : plan.sinceAnswer + 1;
  return { ...plan, sinceAnswer, frame: { ...frame, sinceAnswer, answer: undefined } };
}

async function askNetwork(batch: readonly AnsweredFrame[], options: FilmOptions): Promise<AnsweredFrame[]> {
  const asked = batch.filter((frame) => frame.sinceAnswer === 0 && !frame.scene.isCard);
  if (asked.length === 0) return [...batch];
  const answers = await options.network.colorize({
    pictures: asked.map((frame) => frame.small),
    size: options.smallSize,
    conditions: await Promise.all(asked.map((frame) => frame.scene.condition)),
    ...(options.temperature === undefined ? {} : { temperature: options.temperature }),
  });
  const answerOf = new Map(asked.map((frame, i) => [frame.index, answers[i]]));
  return batch.map((frame) => ({ ...frame, answer: answerOf.get(frame.index) }));
}

async function composeFrame(frame: SteadyFrame, options: FilmOptions): Promise<SteadyFrame> {
  await options.pixels.compose({
    memory: frame.buffer.memory,
    layout: options.layout,
    rect: options.rect,
    matrix: options.matrix,
    small: frame.small,
    ab: frame.color.ab,
    weight: frame.color.weight,
    ...{ size: options.smallSize, radiusPx: windowRadius(options.stride) },
    saturation: frame.scene.isCard ? 0 : options.saturation,
  });
  return frame;
}
