import { replaceByLuma } from '../logic/luma.ts';
import { createWebglLuma, type WebglLuma } from './webgl-luma.ts';

let webgl: WebglLuma | undefined;
let isWebglTried = false;

/**
 * Paints the picture as it was before it was coloured: the luma of the very pixels that are shown in colour, so that
 * both agree whatever frame they are of. By the graphics card where there is one, else by the processor; the results
 * differ by one level at most.
 * @param colour - the coloured picture; not modified
 * @param before - gets the same size
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

/** Gives a canvas a size; setting it clears the canvas even where nothing changes, so it is set only then. */
export function fitCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
}

function lumaByCard(colour: HTMLCanvasElement): HTMLCanvasElement | undefined {
  if (!isWebglTried) {
    isWebglTried = true; // at the first comparison, not before: a context costs memory
    webgl = createWebglLuma();
  }
  return webgl?.draw(colour);
}
