/** The size of {@link makePicture}, pixels. */
export const madeSize = { widthPx: 24, heightPx: 20 };

/**
 * A picture of gradients and noise that is the same in any programming language, so its measures can be
 * computed by a second program (numpy, scikit-image, OpenCV).
 * @param seed - start of the linear congruential generator s = (1103515245 s + 12345) mod 2^31
 * @returns RGB interleaved, `[20 * 24 * 3]`; sample i = (7x + 3y + 20c + (s >> 16) mod 40) mod 256
 */
export function makePicture(seed: number): Uint8Array {
  const rgb = new Uint8Array(madeSize.widthPx * madeSize.heightPx * 3);
  let state = seed;
  for (let i = 0; i < rgb.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const pixel = Math.floor(i / 3);
    const x = pixel % madeSize.widthPx;
    const y = Math.floor(pixel / madeSize.widthPx);
    rgb[i] = (x * 7 + y * 3 + (i % 3) * 20 + ((state >> 16) % 40)) % 256;
  }
  return rgb;
}
