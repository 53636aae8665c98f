/** Side of the square picture that the bundled Inception v3 takes, pixels. */
export const embeddingSidePx = 299;
