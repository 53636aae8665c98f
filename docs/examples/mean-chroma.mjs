// Colours the first two seconds of a film and prints each frame's time and mean Cb and Cr, without writing a file.
// node docs/examples/mean-chroma.mjs FILM
import { lastValueFrom, map, tap } from 'rxjs';
import {
  colorize,
  decodeLuma,
  filmOptions,
  FramePool,
  framesInFlight,
  fromPulled,
  makeReporter,
  openSource,
  openStudio,
  planFilm,
  probe,
  wholePicture,
} from 'chromafeed';

const stop = new AbortController();
const studio = await openStudio({ model: 'starter', device: 'cpu' }, makeReporter({}), stop.signal);
const input = await openSource(process.argv[2]);
const source = await probe(input);

// What `chromafeed file` would do with it: frame layout, size of the network's picture, batches.
const wish = {
  ...{ input: process.argv[2], output: 'unused.mkv', size: 144, saturation: 1, networkEvery: 4 },
  ...{ deinterlace: 'auto', frameRate: 24, segmentFrames: 480 },
};
const plan = planFilm(wish, source);

// Frames live in a fixed number of buffers; whoever is done with one gives it back.
const pool = new FramePool(plan.layout, framesInFlight(plan, studio.pixels.concurrency));
const release = (buffer) => pool.release(buffer);
const decoder = decodeLuma(
  { input, source },
  { durationS: 2 },
  { acquire: () => pool.acquire(), release, signal: stop.signal, onNotice: console.warn },
);

const mean = (plane) => plane.reduce((sum, value) => sum + value, 0) / plane.length;
const tickS = source.video.timeBase.num / source.video.timeBase.den;

await lastValueFrom(
  fromPulled(decoder.frames).pipe(
    map((frame, index) => ({ index, pts: frame.pts, buffer: frame.buffer })),
    colorize(
      filmOptions({
        ...{ source, plan, wish, rect: wholePicture(plan.layout), release },
        ...{ network: studio.colorizer, pixels: studio.pixels },
      }),
    ),
    tap(({ pts, buffer, scene }) => {
      const { cb, cr } = buffer.planes;
      console.log(
        `${(pts * tickS).toFixed(3)} s  scene ${scene.number}  Cb ${mean(cb).toFixed(1)}  Cr ${mean(cr).toFixed(1)}`,
      );
    }),
    tap(({ buffer }) => release(buffer)),
  ),
);

await decoder[Symbol.asyncDispose]();
await studio[Symbol.asyncDispose]();
await input[Symbol.asyncDispose]();
