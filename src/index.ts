/** The library: the pipelines of `chromafeed file` and `serve` as RxJS operators and their types. See `docs/library.md`. */
export { colorizeFilmFile, type FilmResult, type Studio } from './app.ts';
export { openStudio } from './cli/studio.ts';
export { makeReporter, type Reporter } from './cli/reporter.ts';
export { AppError, exitCodes, type ErrorCode } from './errors.ts';
export { planFilm, type FilmPlan, type FilmWish } from './film-job.ts';
export { filmOptions, framesInFlight, type FilmParts } from './film-options.ts';
export { decodeLuma } from './ingest/decode.ts';
export { openLiveFeed, type LiveFeedOptions } from './ingest/live/open-live-feed.ts';
export type { LiveBuffers, LiveFeed, LiveFrame } from './ingest/live/live-feed.ts';
export { probe } from './ingest/probe.ts';
export type { SourceInfo, VideoInfo } from './ingest/source-info.ts';
export { openSource, spoolStdin, type SourceInput } from './ingest/source-input.ts';
export type { Colorizer } from './model/colorizer.ts';
export { loadModel, type Model } from './model/model.ts';
export { openColorizer } from './model/open-colorizer.ts';
export { colorize, colorizeFilm, type ChromaSource, type FilmOptions } from './stream/colorize-film.ts';
export { conflateMap } from './stream/conflate.ts';
export type { FilmFrame, Scene, SteadyFrame } from './stream/film-frame.ts';
export { FramePool, type FrameBuffer } from './stream/frame-pool.ts';
export { JpegEncoders } from './stream/live/jpeg-encoders.ts';
export {
  LiveCamera,
  type CameraNetwork,
  type LiveCameraOptions,
  type LiveStudio,
} from './stream/live/live-camera.ts';
export { LiveEngine, type LiveNetwork } from './stream/live/live-engine.ts';
export type { Picture, PictureWish } from './stream/live/picture.ts';
export { fromPulled, pacedMap } from './stream/paced.ts';
export { PixelPool } from './stream/pixel-pool.ts';
export { wholePicture, type RectPx } from './stream/pixels/rect.ts';
export type { CameraDirectory, CameraFeed, EncodedPicture } from './stream/publish/camera-feed.ts';
export { openPublisher, type Publisher } from './stream/publish/publisher.ts';
export { compareFrames, type FrameComparison } from './train/evaluate/compare-frames.ts';
export { evaluateClip } from './train/evaluate/clip.ts';
export { evaluateModels } from './train/evaluate/evaluate-models.ts';
export type { ClipResult, FileResult, PhotoResult } from './train/evaluate/figures.ts';
export { evaluatePhoto, type EvaluationContext } from './train/evaluate/photo.ts';
export { evaluationDefaults, type EvaluationSettings } from './train/evaluate/settings.ts';
export { summarize, type Summary } from './train/evaluate/summarize.ts';
export { labOfRgb } from './train/metrics/lab-picture.ts';
export { medianPlane } from './train/metrics/moving-chroma.ts';
export { movingMask, type PixelMask } from './train/metrics/pixel-mask.ts';
export { serve, type ServeOptions } from './serve.ts';
