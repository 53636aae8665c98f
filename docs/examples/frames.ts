import { spawn } from 'node:child_process';
import { colorizeFrames } from 'chromafeed';

const [film = 'film.mkv'] = process.argv.slice(2);
const size = { widthPx: 320, heightPx: 240 };

for await (const { index, scene, cb, cr } of colorizeFrames(grayFrames(), { size, range: 'full' })) {
  console.log(`frame ${index}, scene ${scene}: mean Cb ${mean(cb)}, mean Cr ${mean(cr)}`);
}

/** Any source of gray frames will do. Here ffmpeg sends the first 24 frames of a film, one byte a pixel. */
async function* grayFrames(): AsyncGenerator<Uint8Array> {
  const picture = ['-frames:v', '24', '-vf', `scale=${size.widthPx}:${size.heightPx}`, '-pix_fmt', 'gray'];
  const args = ['-v', 'error', '-i', film, ...picture, '-f', 'rawvideo', 'pipe:1'];
  const ffmpeg = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const plane = new Uint8Array(size.widthPx * size.heightPx);
  let filled = 0;
  for await (const chunk of ffmpeg.stdout as AsyncIterable<Uint8Array>) {
    for (let rest = chunk; rest.length > 0;) {
      const part = rest.subarray(0, plane.length - filled);
      plane.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled === plane.length) {
        yield plane.slice();
        filled = 0;
      }
    }
  }
}

function mean(plane: Uint8Array | Uint16Array): string {
  let sum = 0;
  for (const value of plane) sum += value;
  return (sum / plane.length).toFixed(1);
}
