// Colours the first two seconds of a film and prints each frame's time and mean Cb and Cr, without writing a file.
// node docs/examples/mean-chroma.mjs FILM
import { colorizeFrames, decodeLuma, openSource, probe } from 'chromafeed';

const input = await openSource(process.argv[2]);
const source = await probe(input);
const { video } = source;

/** Luma planes of the first two seconds, and their times. */
const times = [];
const decoder = decodeLuma(
  { input, source },
  { durationS: 2 },
  {
    acquire: async () => ({ luma: new Uint8Array(video.widthPx * video.heightPx) }),
    release: () => {},
    signal: new AbortController().signal,
    onNotice: console.warn,
  },
);
async function* planes() {
  for await (const { pts, buffer } of decoder.frames) {
    times.push((pts * video.timeBase.num) / video.timeBase.den);
    yield buffer.luma;
  }
}

const mean = (plane) => plane.reduce((sum, value) => sum + value, 0) / plane.length;
const options = { size: video, range: video.range, matrix: video.matrix, model: 'starter', device: 'cpu' };
for await (const { index, scene, cb, cr } of colorizeFrames(planes(), options)) {
  console.log(
    `${times[index].toFixed(3)} s  scene ${scene}  Cb ${mean(cb).toFixed(1)}  Cr ${mean(cr).toFixed(1)}`,
  );
}
await decoder[Symbol.asyncDispose]();
await input[Symbol.asyncDispose]();
