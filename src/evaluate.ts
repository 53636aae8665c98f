/** `chromafeed/evaluate`: measures how close a model's colour is to the truth. */
export { evaluateModels } from './evaluate/evaluate-models.ts';
export { evaluateClip } from './evaluate/clip/evaluate-clip.ts';
export { evaluatePhoto, type EvaluationContext } from './evaluate/photo/evaluate-photo.ts';
export { evaluationDefaults, type EvaluationSettings } from './evaluate/evaluation-settings.ts';
export type { ClipResult, FileResult, PhotoResult } from './evaluate/figures.ts';
export { summarize, type Summary } from './evaluate/summarize.ts';
export { compareFrames, type FrameComparison } from './evaluate/compare-frames.ts';
export { labOfRgb } from './evaluate/metrics/lab-picture.ts';
export { medianPlane } from './evaluate/metrics/moving-chroma.ts';
export { movingMask, type PixelMask } from './evaluate/metrics/pixel-mask.ts';
export { openFilmResources, type FilmResources } from './stream/film/film-resources.ts';
