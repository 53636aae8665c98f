import { availableParallelism } from 'node:os';
import type { Colorizer } from '../../../model/colorizer.ts';

/** How long the network is measured, ms. */
const measureMs = 500;
/** Pictures in one call. */
const batch = 4;
/** A camera asks the network this often in a second (the default of `refreshFps`). */
const answersPerCamera = 5;
/** Cameras of 1280 x 720 that one core decodes and makes pictures of (docs/benchmarks.md). */
const camerasPerCore = 2;

/**
 * Measures how many cameras this machine can show: as many as its network can answer, and as many as its cores can make
 * pictures of.
 * @param shortSidePx - of the network's picture
 * @returns a number of cameras, to compare machines with each other; at least 0.1
 */
export async function measureWeight(
  network: Pick<Colorizer, 'colorize'>,
  shortSidePx: number,
): Promise<number> {
  const size = { widthPx: 8 * Math.round((shortSidePx * 16) / 9 / 8), heightPx: shortSidePx };
  const pictures = Array.from({ length: batch }, () =>
    new Uint8Array(size.widthPx * size.heightPx).fill(128),
  );
  const conditions = pictures.map(() => new Float32Array(256));
  const run = (): Promise<unknown> => network.colorize({ pictures, size, conditions });
  await run(); // the first call allocates memory
  const startMs = performance.now();
  let calls = 0;
  while (performance.now() - startMs < measureMs) {
    await run();
    calls++;
  }
  const picturesPerS = (calls * batch * 1000) / (performance.now() - startMs);
  const cameras = Math.min(picturesPerS / answersPerCamera, availableParallelism() * camerasPerCore);
  return Math.max(0.1, Number(cameras.toPrecision(2)));
}
