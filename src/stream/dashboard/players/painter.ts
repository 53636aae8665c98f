import { replaceByLuma } from '../logic/luma.ts';
import { createWebglLuma, type WebglLuma } from './webgl-luma.ts';

let webgl: WebglLuma | undefined;
let isWebglTried = false;

/**
 * Paints the picture as it was before colouring: the luma of exactly the pixels that are shown in colour, so both
 * always show the same frame. It uses the GPU if there is one, else the CPU; the results differ by at most one level.
 * @param colour - the coloured picture; not modified
 * @param before - receives the same size
 */
export function paintLuma(colour: HTMLCanvasElement, before: HTMLCanvasElement): void {
  fitCanvas(before, colour.width, colour.height);
  const context = before.getContext('2d');
  if (context === null || colour.width === 0 || colour.height === 0) return;
  const drawn = lumaByCard(colour);
  if (drawn !== undefined) {
    context.drawImage(drawn, 0, 0);
    return;
  }
  context.drawImage(colour, 0, 0);
  const pixels = context.getImageData(0, 0, before.width, before.height);
  replaceByLuma(pixels.data);
  context.putImageData(pixels, 0, 0);
}

/** Sets the size of a canvas, but only if it changes, because setting it clears the canvas. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
}

function lumaByCard(colour: HTMLCanvasElement): HTMLCanvasElement | undefined {
  if (!isWebglTried) {
    isWebglTried = true; // not before the first comparison, because a context costs memory
    webgl = createWebglLuma();
  }
  return webgl?.draw(colour);
}
