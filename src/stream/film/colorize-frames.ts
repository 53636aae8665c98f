/** Colours frames that the caller already has: luma in, chroma out, as for the frames of a film. */
import { isObservable, type Observable } from 'rxjs';
import { AppError } from '../../errors.ts';
import {
  type ChromaFormat,
  type LumaRange,
  type Rational,
  type SizePx,
  wholeRect,
  type YuvMatrix,
} from '../../frame.ts';
import { networkSize } from '../network-size.ts';
import type { FrameLayout } from '../pixels/compose.ts';
import { colorPipeline, framesInFlight } from './color-pipeline.ts';
import type { ColorPlan } from './color-plan.ts';
import type { FilmFrame, SteadyFrame } from './film-frame.ts';
import { withDefaults, type NetworkOptions } from './film-options.ts';
import { batchFrames, blockFramesOf } from './plan/film-plan.ts';
import { resourcesFor, type CallOptions, type FilmResources } from './film-resources.ts';
import { FramePool } from './frame-pool.ts';
import { fromPulled, pullFrom } from './paced.ts';

/** Describes the frames, and how they are coloured. */
export interface FrameOptions extends NetworkOptions {
  /** Size of every frame, pixels. */
  readonly size: SizePx;
  /** Bits of every luma sample, 8..16. Default: 8. */
  readonly bitDepth?: number | undefined;
  /** Range of the luma codes: 16..235 (at 8 bit), or all. Default: `limited`, as in most video. */
  readonly range?: LumaRange | undefined;
  /** The matrix of the chroma. Default: `bt709` from 720 lines on, otherwise `bt601`. */
  readonly matrix?: YuvMatrix | undefined;
  /** The chroma subsampling. Default: `420`. */
  readonly chroma?: ChromaFormat | undefined;
  /** Width divided by height of one pixel. Default: square. */
  readonly sampleAspect?: Rational | undefined;
  /** Short side of the network's picture, pixels, a multiple of 8 from 64 to 1024. Default: 144. */
  readonly networkSize?: number | undefined;
  /** The network sees at least every n-th frame of a scene. Default: 4. */
  readonly networkEvery?: number | undefined;
  /** Threshold of a change that counts as a cut, 1..100. Default: 20. */
  readonly sceneThreshold?: number | undefined;
  /** Lower gives livelier colour, 0.05..2. Default: the model's own. */
  readonly temperature?: number | undefined;
  /** How colourful, 0..2: 1 is the model's own level; lower is paler, higher is livelier. Default: 1. */
  readonly liveliness?: number | undefined;
  /** Multiplies the chroma, 0..3. Default: 1. */
  readonly saturation?: number | undefined;
}

/** Samples of one plane, row by row without padding: bytes at 8 bit, otherwise 16-bit numbers. */
export type Plane = Uint8Array | Uint16Array;

/** A frame in colour. */
export interface ColorizedFrame {
  /** 0, 1, 2 ... in the order of the input. */
  readonly index: number;
  /** The plane from the input. */
  readonly luma: Plane;
  /** New planes, owned by the caller; their size follows from `chroma`. */
  readonly cb: Plane;
  readonly cr: Plane;
  /** Number of its scene: 0, 1, 2 ... */
  readonly scene: number;
  readonly isSceneStart: boolean;
}

/**
 * Colorizes frames in order. Colour comes from the frames before and after, so a dozen or more frames go in before
 * the first comes out. The result depends only on the frames.
 * An async iterable is read only as fast as frames are finished. An Observable cannot wait: up to 256 frames that
 * come too early are buffered.
 * @param frames - luma planes, `[heightPx * widthPx]` samples each; not modified
 * @returns an iterable for one use; leaving the loop frees everything that the call has opened
 * @throws {AppError} USAGE when a plane has another length or an Observable is too fast; see also `openFilmResources`
 */
export async function* colorizeFrames(
  frames: AsyncIterable<Plane> | Iterable<Plane> | Observable<Plane>,
  options: FrameOptions & CallOptions,
): AsyncGenerator<ColorizedFrame, void, undefined> {
  await using resources = await resourcesFor({ ...options, size: options.networkSize });
  const plan = framePlan(options, resources);
  const threads = resources.pixels.concurrency;
  const pool = new FramePool(plan, { capacity: framesInFlight(plan, threads), threads });
  const incoming = new Map<number, Plane>();
  const filled = fillBuffers(isObservable(frames) ? pullFrom(frames) : frames, plan.layout, pool, incoming);
  const colored$ = fromPulled(filled).pipe(
    colorPipeline(plan, {
      network: resources.colorizer,
      pixels: resources.pixels,
      math: pool.math,
      release: (buffer) => pool.release(buffer),
    }),
  );
  try {
    for await (const frame of pullFrom(colored$, { most: pool.capacity, signal: resources.signal })) {
      const done = copyOf(frame, incoming.get(frame.index));
      incoming.delete(frame.index);
      pool.release(frame.buffer);
      yield done;
    }
  } finally {
    pool.close();
  }
}

function framePlan(options: FrameOptions, { colorizer }: FilmResources): ColorPlan {
  const { size, sampleAspect, bitDepth = 8, range = 'limited', chroma = '420' } = options;
  const asked = withDefaults({
    size: options.networkSize,
    networkEvery: options.networkEvery,
    saturation: options.saturation,
    liveliness: options.liveliness,
  });
  const layout: FrameLayout = {
    widthPx: size.widthPx,
    heightPx: size.heightPx,
    bitDepth,
    range,
    chroma,
    interlaced: false,
  };
  return {
    layout,
    matrix: options.matrix ?? (size.heightPx >= 720 ? 'bt709' : 'bt601'),
    rect: wholeRect(size),
    smallSize: networkSize(size, asked.size, sampleAspect),
    stride: colorizer.stride,
    batchFrames,
    blockFrames: blockFramesOf(layout),
    networkEvery: asked.networkEvery,
    saturation: asked.saturation,
    temperature: options.temperature,
    liveliness: asked.liveliness,
    sceneThreshold: options.sceneThreshold,
  };
}

/** Copies each plane into a buffer of the pool; waits for a free one. */
async function* fillBuffers(
  frames: AsyncIterable<Plane> | Iterable<Plane>,
  layout: FrameLayout,
  pool: FramePool,
  incoming: Map<number, Plane>,
): AsyncGenerator<FilmFrame> {
  let index = 0;
  for await (const luma of frames) {
    checkPlane(luma, index, layout);
    const buffer = await pool.acquire();
    buffer.planes.y.set(luma);
    incoming.set(index, luma);
    yield { index, pts: index, fields: 'progressive', buffer };
    index++;
  }
}

function checkPlane(luma: Plane, index: number, { widthPx, heightPx, bitDepth }: FrameLayout): void {
  const wanted = bitDepth > 8 ? 'Uint16Array' : 'Uint8Array';
  const isWanted = luma instanceof (bitDepth > 8 ? Uint16Array : Uint8Array);
  if (isWanted && luma.length === widthPx * heightPx) return;
  throw new AppError(
    'USAGE',
    `frame ${index}: expected a ${wanted} of ${widthPx} x ${heightPx} = ${widthPx * heightPx} luma samples but got a ${luma.constructor.name} of ${luma.length}`,
    { cure: 'give each frame as one plane without padding, and its size by `size`' },
  );
}

function copyOf(
  { index, buffer, scene, isSceneStart }: SteadyFrame,
  luma: Plane | undefined,
): ColorizedFrame {
  const { y, cb, cr } = buffer.planes;
  return {
    index,
    luma: luma ?? y.slice(),
    cb: cb.slice(),
    cr: cr.slice(),
    scene: scene.number,
    isSceneStart,
  };
}
