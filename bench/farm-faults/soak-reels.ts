import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runFfmpeg } from '../../test/helpers/run-ffmpeg.ts';

const samples = fileURLToPath(new URL('../../../samples/', import.meta.url));

/** Every second reel has hard cuts, so that it is made in parts. */
export async function makeReels(folder: string, count: number): Promise<string[]> {
  await mkdir(folder);
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    const path = join(folder, `reel-${String(i).padStart(2, '0')}.mkv`);
    await runFfmpeg([...(i % 2 === 0 ? smooth(i) : withCuts(i)), '-c:v', 'ffv1', path]);
    paths.push(path);
  }
  return paths;
}

function smooth(i: number): string[] {
  const source = `mandelbrot=size=64x48:rate=12:start_scale=${1 + i / 10}`;
  return ['-f', 'lavfi', '-i', `${source},format=gray,trim=duration=${2 + (i % 3)}`];
}

/** Three shots of 34 frames. */
function withCuts(i: number): string[] {
  const shot = (input: number, fromS: number, filter: string, number: number): string =>
    `[${input}:v]trim=start=${fromS},setpts=PTS-STARTPTS,fps=12,trim=end_frame=34,${filter}scale=64:48,setsar=1,format=gray[s${number}]`;
  const shots = [
    shot(0, (i % 5) / 5, '', 0),
    shot(1, (i % 7) / 7, 'hflip,crop=iw/2:ih/2:0:0,', 1),
    shot(0, 3 + (i % 3) / 5, 'vflip,crop=iw/2:ih/2,', 2),
  ];
  return [
    ...['-i', join(samples, 'his_girl_friday.mp4'), '-i', join(samples, 'entrance.mp4')],
    ...['-filter_complex', `${shots.join(';')};[s0][s1][s2]concat=n=3[v]`, '-map', '[v]'],
  ];
}
