import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runFfmpeg, tempFolder } from './run-ffmpeg.ts';

/**
 * Makes a film out of a graph of ffmpeg's filters, for a camera to be looped from; it goes when the test has ended.
 * @param graph - of `lavfi`, with an end: `testsrc2=s=160x120:d=1,hue=s=0`
 * @returns the camera's source
 */
export async function filmSource(t: ExecutionContext, graph: string): Promise<string> {
  const film = join(await tempFolder(t), 'made.mkv');
  await runFfmpeg(['-f', 'lavfi', '-i', graph, '-c:v', 'ffv1', film]);
  return `file:${film}`;
}
