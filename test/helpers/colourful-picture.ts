import type { SizePx } from '../../src/frame.ts';

/** Coloured ellipses with soft edges: centre and radii as fractions of the sides, colour in sRGB. */
const things = [
  { x: 0.5, y: 1.05, across: 0.9, down: 0.5, rgb: [70, 140, 60] },
  { x: 0.24, y: 0.28, across: 0.15, down: 0.22, rgb: [245, 180, 60] },
  { x: 0.7, y: 0.62, across: 0.2, down: 0.26, rgb: [190, 50, 60] },
  { x: 0.42, y: 0.7, across: 0.1, down: 0.2, rgb: [120, 70, 160] },
] as const;
const sky = [110, 160, 225] as const;

/**
 * A colourful picture for training: sky, sun, meadow, a red and a violet ellipse, with some grain in its brightness.
 * @returns `[h * w * 3]` sRGB bytes
 */
export function colourfulPicture({ widthPx, heightPx }: SizePx): Uint8Array {
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let i = 0; i < widthPx * heightPx; i++) {
    const x = ((i % widthPx) + 0.5) / widthPx;
    const y = (Math.floor(i / widthPx) + 0.5) / heightPx;
    const light = 0.85 + 0.25 * (1 - y) + 0.04 * Math.sin(i * 12.9898);
    colourAt(x, y).forEach((value, c) => (rgb[3 * i + c] = Math.min(255, value * light)));
  }
  return rgb;
}

function colourAt(x: number, y: number): number[] {
  let colour: number[] = [...sky];
  for (const thing of things) {
    const distance = Math.hypot((x - thing.x) / thing.across, (y - thing.y) / thing.down);
    const share = 1 / (1 + Math.exp((distance - 1) * 5));
    colour = colour.map((value, c) => value + ((thing.rgb[c] ?? 0) - value) * share);
  }
  return colour;
}
