/**
 * Version of the arithmetic that turns luma into colour. It increases with each release in which the same film,
 * model, options and ffmpeg can give other pixels. Any release with the same version can resume a half-done film.
 */
export const pixelVersion = 3;
