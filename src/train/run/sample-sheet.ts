import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';
import { replaceFile } from '../replace-file.ts';
import type { Example } from '../learn/validation.ts';

const gapPx = 6;
const labelHeightPx = 24;
const background = '#1c1c1c';
const columns = [
  { label: 'gray', of: ({ gray }: Example) => gray },
  { label: 'network', of: ({ output }: Example) => output },
  { label: 'truth', of: ({ truth }: Example) => truth },
];

/**
 * Writes pictures side by side: gray, as the network colours them, and in their true colours; a row each.
 * @param path - of the JPEG file; its folder is made when it is not there
 * @param examples - one at least
 */
export async function writeSampleSheet(path: string, examples: readonly Example[]): Promise<void> {
  const cellWidthPx = Math.max(...examples.map(({ size }) => size.widthPx)) + gapPx;
  const widthPx = columns.length * cellWidthPx + gapPx;
  const overlays: OverlayOptions[] = columns.map(({ label }, x) =>
    labelOverlay(label, gapPx + x * cellWidthPx, cellWidthPx),
  );
  let top = labelHeightPx;
  for (const example of examples) {
    columns.forEach(({ of }, x) =>
      overlays.push(pictureOverlay(example, of(example), gapPx + x * cellWidthPx, top)),
    );
    top += example.size.heightPx + gapPx;
  }
  const sheet = sharp({ create: { width: widthPx, height: top, channels: 3, background } });
  const jpeg = await sheet.composite(overlays).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, jpeg);
}

function pictureOverlay({ size }: Example, rgb: Uint8Array, left: number, top: number): OverlayOptions {
  const raw = { width: size.widthPx, height: size.heightPx, channels: 3 } as const;
  return { input: Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength), raw, left, top };
}

function labelOverlay(text: string, left: number, widthPx: number): OverlayOptions {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${labelHeightPx}">
<text x="0" y="17" font-family="sans-serif" font-size="14" fill="#dddddd">${text}</text>
</svg>`;
  return { input: Buffer.from(svg), left, top: 0 };
}
