import type { RectPx, SizePx, YuvMatrix } from '../../frame.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import type { FrameLayout } from '../pixels/compose.ts';
import type { PixelPool } from '../pixels/pixel-pool.ts';
import type { RowChoice } from '../pixels/shrink.ts';
import type { Scene } from './film-frame.ts';
import type { FrameBuffer } from './frame-pool.ts';
import type { ResumePoint } from './resume.ts';

/** How frames are to be coloured. */
export interface ColorPlan {
  readonly layout: FrameLayout;
  readonly matrix: YuvMatrix;
  /** Where the picture is, without black bars. */
  readonly rect: RectPx;
  /** Rows that the network's picture is made from. */
  readonly rows: RowChoice;
  /** The network's picture. */
  readonly smallSize: SizePx;
  /** How many times smaller the network's answer is than its picture, each way. */
  readonly stride: number;
  /** Frames in one call of the network; batches are cut by frame number. */
  readonly batchFrames: number;
  /** Frames in a block of the steady stage: colour is the mean of answers up to one or two blocks ahead. */
  readonly blockFrames: number;
  /** The network sees at least every n-th frame of a scene. */
  readonly networkEvery: number;
  readonly saturation: number;
  readonly temperature?: number | undefined;
  /** How sharp a change must be to count as a cut. */
  readonly sceneThreshold?: number | undefined;
}

/** What the pipeline works with. */
export interface ColorTools {
  readonly network: FilmNetwork;
  readonly pixels: PixelPool;
  /** Takes the buffer of a frame that only the scene detector needed. */
  readonly release: (buffer: FrameBuffer) => void;
  readonly onScene?: ((scene: Scene) => void) | undefined;
  /** Where a stopped film goes on. */
  readonly resume?: ResumePoint | undefined;
}

/** What the pipeline needs of a colorizer. */
export type FilmNetwork = Pick<Colorizer, 'colorize' | 'embed' | 'embeddingSide' | 'condition'>;
