import { outputStride } from '../../model/tables/network.ts';
import type { FilmPlan, FilmWish } from './film-job.ts';
import { isTitleCard } from '../../ingest/scenes/title-cards.ts';
import { createSceneDetector, lookaheadFrames } from '../../ingest/scenes/scene-detector.ts';
import type { SourceInfo } from '../../ingest/film/source-info.ts';
import type { Colorizer } from '../../model/colorizer.ts';
import type { ChromaSource, FilmOptions } from './colorize-film.ts';
import type { Scene } from './film-frame.ts';
import type { FrameBuffer } from './frame-pool.ts';
import { paletteOf, type Embedder } from '../palette.ts';
import type { PixelPool } from '../pixels/pixel-pool.ts';
import type { RectPx } from '../pixels/rect.ts';
import type { RowChoice } from '../pixels/shrink.ts';
import type { Checkpoint } from './resume.ts';
import { paletteFrames } from './scene-stage.ts';
import { steadyFrames } from './steady-stage.ts';

/** Where a run begins that goes on from a checkpoint. */
export interface ResumePoint {
  readonly checkpoint: Checkpoint;
  readonly firstFrame: number;
  /** Frames before `firstFrame` from here on are shown to the scene detector again. */
  readonly firstShown: number;
}

export interface FilmParts {
  readonly source: SourceInfo;
  readonly plan: FilmPlan;
  readonly wish: Pick<FilmWish, 'networkEvery' | 'saturation' | 'temperature' | 'sceneThreshold'>;
  /** Where the picture is, without black bars. */
  readonly rect: RectPx;
  readonly network: ChromaSource & Embedder & Pick<Colorizer, 'model'>;
  readonly pixels: PixelPool;
  /** Takes a frame that only the scene detector needed. */
  readonly release: (buffer: FrameBuffer) => void;
  readonly onScene?: (scene: Scene) => void;
  readonly resume?: ResumePoint | undefined;
}

/**
 * Frames that the pipeline can hold: what scene and steady step look ahead, batches and pixels under way, the encoder's.
 * A smaller pool would wait for itself.
 * @param concurrency - of the pixel pool
 */
export function framesInFlight({ batchFrames, blockFrames }: FilmPlan, concurrency: number): number {
  const ahead = lookaheadFrames + paletteFrames + steadyFrames(blockFrames);
  return ahead + 3 * batchFrames + 3 * concurrency + 4;
}

/** Joins ingest's detectors, the model and the plan into what the pipeline wants. */
export function filmOptions(parts: FilmParts): FilmOptions {
  const { plan, wish, source, rect, network, pixels, resume } = parts;
  return {
    ...{
      layout: plan.layout,
      matrix: source.video.matrix,
      rect,
      rows: rowsFor(parts),
      smallSize: plan.smallSize,
    },
    ...{ batchFrames: plan.batchFrames, blockFrames: plan.blockFrames },
    ...{ networkEvery: wish.networkEvery, saturation: wish.saturation },
    ...(wish.temperature === undefined ? {} : { temperature: wish.temperature }),
    stride: outputStride(network.model.manifest),
    scenes: sceneOptions(parts),
    ...{ network, pixels },
    ...(resume ? { resume: resume.checkpoint.film } : {}),
  };
}

function sceneOptions(parts: FilmParts): FilmOptions['scenes'] {
  const { plan, wish, network, resume } = parts;
  const scene = resume?.checkpoint.scene;
  return {
    detector: createSceneDetector({
      ...(wish.sceneThreshold === undefined ? {} : { threshold: wish.sceneThreshold }),
      ...(resume
        ? { snapshot: resume.checkpoint.cutState, snapshotAt: resume.firstFrame - resume.firstShown }
        : {}),
    }),
    ...{ firstFrame: resume?.firstFrame ?? 0, smallSize: plan.smallSize, isCard: isTitleCard },
    ...(scene ? { current: { ...scene, condition: Promise.resolve(scene.palette) } } : {}),
    palette: (small) => paletteOf([small], plan.smallSize, network),
    onScene: (next) => parts.onScene?.(next),
    discard: (frame) => parts.release(frame.buffer),
  };
}

/** The network sees the first field of an interlaced film: half the rows, no combs. */
function rowsFor({ plan, source }: FilmParts): RowChoice {
  if (!plan.layout.interlaced) return 'all';
  return source.video.fieldOrder === 'bottom-first' ? 'bottom-field' : 'top-field';
}
