import { chromaSize, type SizePx, wholeRect } from '../../../frame.ts';
import { type ChromaTarget, type ComposeJob, frameBytes, framePlanes, type FrameLayout } from '../compose.ts';
import { blendTracked } from './follow.ts';
import { windowRadius } from '../guided.ts';
import { liveState, type LiveMemory, type LiveState } from './live-state.ts';
import { stateMath } from './state-math.ts';
import { encodeJpeg } from '../jpeg/encode-jpeg.ts';
import { fillSpans, type MaskSpans } from '../mask.ts';
import type { Motion } from '../motion.ts';
import { fillOwnChroma, ownChroma, takeOwnColor } from './own-chroma.ts';
import { pixelMath, type PixelMath } from '../pixel-math.ts';
import { scalePlane } from '../scale.ts';
import { clearState, emptyState, type ColorState } from '../steady.ts';

/** Colour with a lower weight counts as none: the pixel waits for the network. */
const sureWeight = 0.3;

/** The colour that a live picture shows; `own`: the camera's. */
export type ColorMode = 'color' | 'gray' | 'background' | 'own';

/** One size in which a camera's picture is made. */
export interface RenditionTask<Memory = SharedArrayBuffer> {
  /** Y, Cb, Cr 4:2:0 of `size`; overwritten. */
  readonly memory: Memory;
  readonly size: SizePx;
  /** Chroma stays neutral. */
  readonly isOriginal: boolean;
  /** Masked pixels of the chroma planes. */
  readonly maskedChroma: MaskSpans;
  /** As ffmpeg's `-q:v`: the picture is also wanted as JPEG. */
  readonly jpegQuality?: number | undefined;
}

/**
 * @typeParam Memory - what stands for shared memory in it
 * @typeParam State - what stands for the memory of the camera's state
 */
export interface LiveStepTask<Memory = SharedArrayBuffer, State = LiveMemory> {
  /** The frame's luma, `[h * w]` of `size`, full range, with masks blacked out; not modified. */
  readonly luma: Memory;
  readonly size: SizePx;
  readonly state: State;
  readonly smallSize: SizePx;
  /** The half of each pair in the state that belongs to this frame. The other half belongs to the previous frame. */
  readonly flip: 0 | 1;
  /** There is a previous frame in the same scene. */
  readonly hasEarlier: boolean;
  /** The network works on an earlier frame or has just answered, so the path to that frame must be kept. */
  readonly isTracking: boolean;
  /** The network's answer for the tracked frame, `[2, h, w]` of `answerSize`. */
  readonly answer?: Float32Array | undefined;
  readonly answerSize: SizePx;
  readonly mode: ColorMode;
  /** Multiplies the chroma; 0 = gray. */
  readonly saturation: number;
  /** Cb and Cr of `size`, 4:2:0, follow the luma in its memory. */
  readonly hasChroma?: boolean;
  /** The state has already processed this frame, and only other sizes are needed: the state does not change. */
  readonly isRepeat?: boolean;
  /** Seconds since the previous frame. */
  readonly elapsedS: number;
  /** The daylight background is learnt. */
  readonly isLearning: boolean;
  readonly renditions: readonly RenditionTask<Memory>[];
}

/** Replaces what stands for shared memory in a task. */
export function withMemories<From, FromState, To, ToState>(
  task: LiveStepTask<From, FromState>,
  replace: (memory: From) => To,
  replaceState: (memory: FromState) => ToState,
): LiveStepTask<To, ToState> {
  return {
    ...task,
    luma: replace(task.luma),
    state: replaceState(task.state),
    renditions: task.renditions.map((rendition) => ({ ...rendition, memory: replace(rendition.memory) })),
  };
}

/** The measurements of a step. */
export interface LiveStepResult {
  /** The share of pixels that were not in the previous frame; 1 if there is none. */
  readonly uncovered: number;
  /** The share of pixels that moved or changed, for motion gating. */
  readonly moving: number;
  /** Mean luma, 0..255. */
  readonly brightness: number;
  /** The share of pixels that have no colour yet. */
  readonly uncolored: number;
  /** The pictures as JPEG, by rendition; undefined where nobody wants one. Absent: there are none. */
  readonly jpegs?: readonly (Uint8Array | undefined)[];
}

/**
 * Pictures up to this height get their chroma from a model at half the small size, which is a quarter of the work. With
 * the truth's chroma as the answer this costs 1.2 dB of 33; the error of the network itself is 10 dB larger
 * (docs/lab-book.md).
 */
const halfModelHeight = 360;
/** Blocks with a smaller difference count as still; levels per pixel. */
const stillLevels = 2.5;

/**
 * Makes one frame of a live camera: the small copy, the motion, the carried colour, the network's answer if there is
 * one, and the picture in each watched size. It never waits; the network may be some frames behind.
 */
export function stepLive(task: LiveStepTask): LiveStepResult {
  const state = liveState(task.state, task.smallSize);
  const math = stateMath(task.state, task.smallSize);
  const luma = new Uint8Array(task.luma, 0, task.size.widthPx * task.size.heightPx);
  const now = task.flip;
  const small = state.smalls[now];
  const planes = task.renditions.map((rendition) => fillLuma(luma, task.size, rendition));
  if (task.isRepeat === true) {
    compose(task, state, math);
    return {
      uncovered: 0,
      moving: 0,
      brightness: math.meanOf(small),
      uncolored: uncoloredShare(math, state.colors[now]),
      jpegs: jpegsOf(task.renditions),
    };
  }
  scaleToSmall(luma, planes, task, small);
  const motion = task.hasEarlier ? findMotion(math, state, task) : undefined;
  const color = state.colors[now];
  moveOn(math, state, motion, task);
  if (task.mode === 'own' && task.isLearning)
    takeOwnColor(ownChroma(task.luma, task.size), small, task.smallSize, color);
  if (task.answer) blendTracked(color, task.answer, state.tracks[now], task.smallSize, task.answerSize);
  if (motion) math.learnBackground(state, color, motion, task.elapsedS, task.isLearning);
  compose(task, state, math);
  return {
    uncovered: motion?.uncovered ?? 1,
    moving: motion ? movingShare(math, motion) : 1,
    brightness: math.meanOf(small),
    uncolored: uncoloredShare(math, color),
    jpegs: jpegsOf(task.renditions),
  };
}

function jpegsOf(renditions: readonly RenditionTask[]): (Uint8Array | undefined)[] {
  return renditions.map(({ memory, size, jpegQuality }) =>
    jpegQuality === undefined ? undefined : encodeJpeg(memory, size, jpegQuality),
  );
}

function findMotion(
  math: PixelMath,
  { smalls, motion }: LiveState,
  { flip: now, smallSize }: LiveStepTask,
): Motion {
  const uncovered = math.motion(smalls[1 - now]!, smalls[now], smallSize, stillLevels, motion);
  return { ...motion, uncovered };
}

function layoutOf(size: SizePx): FrameLayout {
  return { ...size, bitDepth: 8, range: 'full', chroma: '420', interlaced: false };
}

/** Fills a rendition's luma plane; returns it. */
function fillLuma(luma: Uint8Array, size: SizePx, rendition: RenditionTask): Uint8Array {
  const plane = new Uint8Array(rendition.memory, 0, rendition.size.widthPx * rendition.size.heightPx);
  scalePlane(luma, size, plane, rendition.size);
  return plane;
}

/** The network's small copy, made from the smallest picture that is at least twice as large, so less is read. */
function scaleToSmall(
  luma: Uint8Array,
  planes: readonly Uint8Array[],
  task: LiveStepTask,
  small: Uint8Array,
): void {
  let from = luma;
  let size = task.size;
  task.renditions.forEach((rendition, i) => {
    const isSmaller = rendition.size.widthPx < size.widthPx;
    const isEnough = rendition.size.widthPx >= 2 * task.smallSize.widthPx;
    if (!isSmaller || !isEnough) return;
    from = planes[i]!;
    size = rendition.size;
  });
  scalePlane(from, size, small, task.smallSize);
}

/** Carries colour and path from the previous frame to this one. */
function moveOn(math: PixelMath, state: LiveState, motion: Motion | undefined, task: LiveStepTask): void {
  const now = task.flip;
  const color = state.colors[now];
  if (motion) {
    math.carry(state.colors[1 - now]!, color, motion);
    if (task.isTracking) math.followTrack(state.tracks[1 - now]!, state.tracks[now], motion);
    return;
  }
  clearState(color);
  state.tracks[now].confidence.fill(0);
  state.stillness.fill(0);
}

function compose(task: LiveStepTask, state: LiveState, math: PixelMath): void {
  const colored = task.renditions.filter((rendition) => !rendition.isOriginal);
  const isGray = task.mode === 'gray' || task.saturation === 0;
  const color = state.colors[task.flip];
  const shown = task.mode === 'background' ? stillBackground(state) : color;
  const stride = task.smallSize.widthPx / task.answerSize.widthPx;
  // Pixels that have just come into view take the colour of similar pixels until the next answer.
  const radiusPx = Math.max(1, windowRadius(stride));
  const isSmall = colored.every(({ size }) => size.heightPx <= halfModelHeight);
  const job = {
    small: state.smalls[task.flip],
    ab: shown.ab,
    weight: shown.weight,
    size: task.smallSize,
    radiusPx,
    saturation: task.saturation,
  };
  const modelJob = isSmall ? halfJob(math, job) : job;
  const own = task.mode === 'own' && task.hasChroma === true ? ownChroma(task.luma, task.size) : undefined;
  const isModelled = !isGray && task.mode !== 'own';
  const targets: ChromaTarget[] = [];
  for (const rendition of task.renditions) {
    const layout = layoutOf(rendition.size);
    const planes = framePlanes(rendition.memory, layout);
    if (own && !rendition.isOriginal) {
      const half = chromaSize(layout, '420');
      if (!(planes.cb instanceof Uint8Array) || !(planes.cr instanceof Uint8Array)) continue;
      fillOwnChroma(own, [planes.cb, planes.cr], half, task.saturation);
    } else if (rendition.isOriginal || !isModelled) {
      new Uint8Array(rendition.memory, planes.y.length, frameBytes(layout) - planes.y.length).fill(128);
    } else {
      targets.push({ planes, layout, rect: wholeRect(rendition.size) });
    }
  }
  if (targets.length > 0) pixelMath().compose(targets, modelJob, 'bt601');
  for (const rendition of colored) maskChroma(rendition);
}

/** Masked pixels have no colour. */
function maskChroma({ memory, size, maskedChroma }: RenditionTask): void {
  const layout = layoutOf(size);
  const columns = chromaSize(layout, '420').widthPx;
  const { cb, cr } = framePlanes(memory, layout);
  for (const plane of [cb, cr]) {
    if (plane instanceof Uint8Array) fillSpans(plane, columns, maskedChroma, 128);
  }
}

/** The small picture and its colour at half the size: means of 2 x 2, with colour weighted by its confidence. */
function halfJob(math: PixelMath, job: ComposeJob): ComposeJob {
  const size = { widthPx: job.size.widthPx >> 1, heightPx: job.size.heightPx >> 1 };
  const small = new Uint8Array(size.widthPx * size.heightPx);
  math.halve(job.small, job.size, small);
  const half = emptyState(size);
  math.halveColor(job, job.size, half);
  return { ...job, small, ...half, size };
}

/** The daylight colour where nothing moves; moving things are gray. */
function stillBackground({ background, stillness }: LiveState): ColorState {
  const count = stillness.length;
  const ab = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    ab[i] = background[i]! * stillness[i]!;
    ab[count + i] = background[count + i]! * stillness[i]!;
  }
  return { ab, weight: new Float32Array(count).fill(1) };
}

/** The share of pixels that moved or whose luma changed. */
function movingShare(math: PixelMath, motion: Motion): number {
  return math.countMoving(motion) / motion.source.length;
}

function uncoloredShare(math: PixelMath, { weight }: ColorState): number {
  return math.countUnder(sureWeight, weight) / weight.length;
}
