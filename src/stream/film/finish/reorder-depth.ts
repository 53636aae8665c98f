import { createReadStream } from 'node:fs';
import { newBuffer, openNut } from '../../../ingest/nut/demuxer.ts';

/** Codecs whose packets are always in display order; reading them all would take long. */
const neverReorder: readonly string[] = ['ffv1', 'prores_ks'];

/**
 * Finds how many frames a decoder must hold back to show them in order.
 * A segment's NUT header states it only for H.264. For other encoders (HEVC) ffmpeg learns it too late for the
 * header, and a muxer that assumes 0 leaves out frames. So the packets' own times decide: a frame waits for as many
 * frames as come before it and are shown after it.
 * @param paths - of the segments
 * @param codec - ffmpeg's encoder
 * @param told - value in the first header
 */
export async function reorderDepth(paths: readonly string[], codec: string, told: number): Promise<number> {
  if (told > 0 || neverReorder.includes(codec)) return told;
  let depth = 0;
  for (const path of paths) {
    const reader = await openNut(createReadStream(path), { acquire: newBuffer });
    const times: number[] = [];
    for await (const { pts } of reader.packets()) {
      depth = Math.max(depth, times.filter((earlier) => earlier > pts).length);
      times.push(pts);
      if (times.length > mostHeldBack) times.shift();
    }
  }
  return depth;
}

/** No codec holds back more frames (H.264 and HEVC: 16). */
const mostHeldBack = 32;
