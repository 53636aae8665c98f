/**
 * Version of the arithmetic that turns luma into colour. It rises with each release of the program in which the same
 * film, model, options and ffmpeg can give other pixels. A half-done film is resumed by any release of one version.
 */
export const pixelVersion = 1;
