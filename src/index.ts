/** The library: films, pictures and frames in colour. Cameras: `chromafeed/live`; measures: `chromafeed/evaluate`. */
export { colorizeFilm } from './stream/film/colorize-film.ts';
export { colorizeImage, type ColorizedImage, type ImageOptions } from './stream/film/still/colorize-image.ts';
export {
  colorizeFrames,
  type ColorizedFrame,
  type FrameOptions,
  type Plane,
} from './stream/film/colorize-frames.ts';
export {
  filmDefaults,
  type ColorOptions,
  type FilmOptions,
  type NetworkOptions,
} from './stream/film/film-options.ts';
export { openFilmResources, type CallOptions, type FilmResources } from './stream/film/film-resources.ts';
export type { FilmResult } from './stream/film/film-result.ts';
export { planParts, type FilmToSplit } from './stream/film/parts/plan-parts.ts';
export { colorizePart } from './stream/film/parts/colorize-part.ts';
export type { PartsJob } from './stream/film/parts/parts-job.ts';
export { joinParts } from './stream/film/parts/join-parts.ts';
export { parsePartsPlan, type PartPlan, type PartsPlan } from './stream/film/parts/parts-plan.ts';
export { checkPart, partFileName, type FinishedPart } from './stream/film/parts/part-files.ts';
export type { SceneRecord } from './stream/film/resume/resume-point.ts';
export type { ImageFormat } from './stream/film/still/image-format.ts';
export type { ProgressState, Reporter } from './log/reporter.ts';
export { AppError, exitCodes, type ErrorCode } from './errors.ts';
export type { ChromaFormat, LumaRange, Rational, SizePx, YuvMatrix } from './frame.ts';
export { openSource, type SourceInput } from './ingest/film/source-input.ts';
export { probe } from './ingest/film/probe.ts';
export type { SourceInfo, VideoInfo } from './ingest/film/source-info.ts';
export { decodeLuma, type DecodeBuffer as LumaBuffer } from './ingest/film/decode.ts';
export type { ColorizeBatch, Colorizer } from './model/colorizer.ts';
export { loadModel, type Model } from './model/model.ts';
export { openColorizer, type ColorizerOptions } from './model/open-colorizer.ts';
