import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runFfmpeg, tempFolder } from './run-ffmpeg.ts';

/**
 * Makes a film from a graph of ffmpeg's filters, which a camera loops. The film is deleted after the test.
 * @param graph - for `lavfi`, with a duration: `testsrc2=s=160x120:d=1,hue=s=0`
 * @returns the camera's source
 */
export async function filmSource(t: ExecutionContext, graph: string): Promise<string> {
  const film = join(await tempFolder(t), 'made.mkv');
  await runFfmpeg(['-f', 'lavfi', '-i', graph, '-c:v', 'ffv1', film]);
  return `file:${film}`;
}
