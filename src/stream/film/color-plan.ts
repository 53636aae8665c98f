import type { RectPx, SizePx, YuvMatrix } from '../../frame.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import type { FrameLayout } from '../pixels/compose.ts';
import type { PixelMath } from '../pixels/pixel-math.ts';
import type { PixelPool } from '../pixels/pixel-pool.ts';
import type { Scene } from './film-frame.ts';
import type { FrameBuffer } from './frame-pool.ts';
import type { ResumePoint } from './resume/resume-point.ts';
import type { SegmentEnds } from './segment-ends.ts';

/** How frames are coloured. */
export interface ColorPlan {
  readonly layout: FrameLayout;
  readonly matrix: YuvMatrix;
  /** The part of the frame inside black bars. */
  readonly rect: RectPx;
  /** Size of the network's picture. */
  readonly smallSize: SizePx;
  /** Width and height of one pixel of the network's answer, pixels of its picture. */
  readonly stride: number;
  /** Frames in one call of the network; batches are cut by frame number. */
  readonly batchFrames: number;
  /** Frames in a block of the steady stage: colour is the mean of answers up to one or two blocks ahead. */
  readonly blockFrames: number;
  /** The network sees at least every n-th frame of a scene. */
  readonly networkEvery: number;
  readonly saturation: number;
  /** Frames come with the source's chroma: scenes that are in colour keep it. */
  readonly keepsOwnColor?: boolean | undefined;
  readonly temperature?: number | undefined;
  readonly liveliness?: number | undefined;
  /** Threshold of a change that counts as a cut. */
  readonly sceneThreshold?: number | undefined;
}

/** The resources that the pipeline uses. */
export interface ColorTools {
  readonly network: FilmNetwork;
  readonly pixels: PixelPool;
  /** For work on frames in this thread. */
  readonly math: PixelMath;
  /** Takes back the buffer of a frame that only the scene detector needed. */
  readonly release: (buffer: FrameBuffer) => void;
  readonly onScene?: ((scene: Scene) => void) | undefined;
  /** Decides where segments end. Default: there are none, and only batches are cut. */
  readonly ends?: SegmentEnds | undefined;
  /** Frames from this one on belong to another part: they only help to decide about those before. Default: none. */
  readonly endFrame?: number | undefined;
  /** Where an interrupted film resumes, or a part starts. */
  readonly resume?: ResumePoint | undefined;
}

/** The parts of a colorizer that the pipeline needs. */
export type FilmNetwork = Pick<Colorizer, 'colorize' | 'embed' | 'embeddingSide' | 'condition'>;
