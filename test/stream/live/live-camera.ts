import { Subject } from 'rxjs';
import sharp from 'sharp';
import test, { type ExecutionContext } from 'ava';
import type { CameraState } from '../../../src/ingest/live/camera-status.ts';
import { cameraSchema, type CameraConfig } from '../../../src/config/schema.ts';
import type { LiveFrame } from '../../../src/ingest/live/live-feed.ts';
import { Metrics } from '../../../src/stream/live/metrics.ts';
import { loadModel } from '../../../src/model/model.ts';
import { openColorizer } from '../../../src/model/open-colorizer.ts';
import { JpegEncoders } from '../../../src/stream/live/pictures/jpeg-encoders.ts';
import { LiveCamera } from '../../../src/stream/live/live-camera.ts';
import type { CameraNetwork } from '../../../src/stream/live/live-color.ts';
import { LiveEngine } from '../../../src/stream/live/live-engine.ts';
import type { LumaBuffer } from '../../../src/stream/live/pictures/luma-pool.ts';
import { PixelPool } from '../../../src/stream/pixels/pixel-pool.ts';
import type { EncodedPicture } from '../../../src/stream/live/camera-feed.ts';
import { runFfmpeg } from '../../helpers/run-ffmpeg.ts';
import { until } from '../../helpers/program.ts';

const size = { widthPx: 320, heightPx: 180 };
const bytes = size.widthPx * size.heightPx;
const pixels = new PixelPool(1);
const jpegs = new JpegEncoders(3, pixels);
test.after.always(() => pixels[Symbol.asyncDispose]());

/** Two seconds of the bundled film, luma only. */
const film = (async () => {
  const filter = `fps=15,scale=${size.widthPx}:${size.heightPx}:out_range=pc,format=yuvj420p,extractplanes=y`;
  const input = ['-i', 'samples/his_girl_friday.mp4', '-an', '-vf', filter, '-frames:v', '30'];
  return (await runFfmpeg([...input, '-f', 'rawvideo', '-'])).stdout;
})();

interface FrameAbout {
  readonly elapsedS?: number;
  readonly saturation?: number;
  /** The chroma that the camera sends. */
  readonly chroma?: readonly [cb: number, cr: number];
}

interface Rig {
  readonly camera: LiveCamera;
  readonly states$: Subject<CameraState>;
  /** Sends the film's next frame; time goes on by 1/15 s unless told otherwise. */
  readonly push: (about?: FrameAbout) => void;
  /** ... and waits until it is coloured. */
  readonly send: (about?: FrameAbout) => Promise<void>;
  readonly warnings: string[];
  readonly metrics: Metrics;
}

/** A camera whose frames come when the test sends them. */
async function makeRig(
  t: ExecutionContext,
  network: CameraNetwork,
  changes: Partial<Record<keyof CameraConfig, unknown>> = {},
): Promise<Rig> {
  const frames$ = new Subject<LiveFrame<LumaBuffer>>();
  const states$ = new Subject<CameraState>();
  const metrics = new Metrics();
  const warnings: string[] = [];
  const engine = new LiveEngine({
    batchSize: 4,
    maxWaitMs: 0,
    metrics,
    onError: (e) => warnings.push(String(e)),
  });
  const warn = (_camera: string, text: string): void => void warnings.push(text);
  const resources = { engine, pixels, jpegs, metrics, warn, shortSidePx: 96 };
  const config = cameraSchema.parse({ source: 'test:testsrc2', ...changes });
  const publish = { visibleMark: true, maxHeightPx: 1080 };
  const camera = new LiveCamera({ id: 'gate', config, publish, network, resources, rtspPath: undefined });
  const work = camera.run$.subscribe();
  const feed = { frames$, state$: states$, [Symbol.asyncDispose]: () => Promise.resolve() };
  camera.connect(feed);
  states$.next({ kind: 'live', sinceMs: Date.now() });
  t.teardown(() => {
    work.unsubscribe();
    engine[Symbol.dispose]();
  });
  const luma = await film;
  let count = 0;
  let clockMs = Date.now();
  const push = ({ elapsedS = 1 / 15, saturation = 0, chroma }: FrameAbout = {}): void => {
    const hasChroma = chroma !== undefined;
    const buffer = camera.buffers.acquire(hasChroma ? bytes * 1.5 : bytes);
    const at = count % 58;
    const frame = at < 30 ? at : 58 - at;
    buffer.data.set(luma.subarray(frame * bytes, (frame + 1) * bytes));
    if (chroma) buffer.data.fill(chroma[0], bytes, bytes * 1.25).fill(chroma[1], bytes * 1.25);
    count++;
    clockMs += elapsedS * 1000;
    frames$.next({ buffer, size, sequence: count, capturedMs: clockMs, saturation, hasChroma });
  };
  const send = async (about?: FrameAbout): Promise<void> => {
    const before = await coloredFrames(metrics);
    push(about);
    await until(async () => (await coloredFrames(metrics)) > before, 'the frame is coloured');
  };
  return { camera, states$, push, send, warnings, metrics };
}

/** With a network that answers one colour at once. */
function makeOpenRig(t: ExecutionContext, changes?: Parameters<typeof makeRig>[2]): Promise<Rig> {
  const { network, open } = flatNetwork(40, 30);
  open();
  return makeRig(t, network, changes);
}

function lost(): CameraState {
  const sinceMs = Date.now();
  return { kind: 'reconnecting', sinceMs, retryMs: sinceMs + 5000, attempt: 1, reason: 'test' };
}

async function coloredFrames(metrics: Metrics): Promise<number> {
  return (await metrics.framesColored.get()).values[0]?.value ?? 0;
}

/** Answers with one colour, when the test says so. */
function flatNetwork(a: number, b: number): { network: CameraNetwork; calls: number; open: () => void } {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const self = {
    calls: 0,
    open: () => release(),
    network: {
      network: {
        colorize: async ({
          pictures,
          size: small,
        }: {
          pictures: readonly Uint8Array[];
          size: typeof size;
        }) => {
          self.calls++;
          await gate;
          const count = (small.widthPx * small.heightPx) / 16;
          return pictures.map(() => new Float32Array(2 * count).fill(a, 0, count).fill(b, count));
        },
        embeddingSide: 32,
        embed: (pictures: readonly Uint8Array[]) => Promise.resolve(pictures.map(() => new Float32Array(4))),
        condition: () => new Float32Array(256),
      },
      stride: 4,
      model: { name: 'flat', version: 1 },
    },
  };
  return self;
}

/** Mean distance of red and blue in a JPEG: 0 for gray. */
async function colorOf(picture: EncodedPicture | undefined): Promise<number> {
  if (!picture) return 0;
  const { channels } = await sharp(picture.jpeg).stats();
  return (channels[0]?.mean ?? 0) - (channels[2]?.mean ?? 0);
}

test.serial('the network colours the picture: real model, real encoder', async (t) => {
  const model = await loadModel('starter');
  await using colorizer = await openColorizer({ model, device: 'cpu', threads: 1, niceness: 5 });
  const { manifest } = model;
  const rig = await makeRig(t, {
    network: colorizer,
    stride: manifest.head.stride,
    model: { name: manifest.name, version: manifest.version },
  });
  const seen: EncodedPicture[] = [];
  rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => seen.push(picture));
  let spread = 0;
  for (let i = 0; i < 1000 && spread < 4; i++) {
    await rig.send();
    const last = seen.at(-1);
    if (!last) continue;
    const { data } = await sharp(last.jpeg).raw().toBuffer({ resolveWithObject: true });
    let sum = 0;
    for (let p = 0; p < data.length; p += 3) sum += Math.abs((data[p] ?? 0) - (data[p + 2] ?? 0));
    spread = sum / (data.length / 3);
  }
  t.true(spread >= 4, `mean distance of red and blue is ${spread}`);
  t.deepEqual(rig.warnings, []);
  t.deepEqual(seen.at(-1)?.size, size);
});

test.serial(
  'luma keeps its full rate while the network is slow, and colour follows when it arrives',
  async (t) => {
    const { network, open } = flatNetwork(40, 30);
    const rig = await makeRig(t, network);
    const seen: EncodedPicture[] = [];
    rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => seen.push(picture));
    for (let i = 0; i < 45; i++) await rig.send();
    // The encoder may begin late, and drops what it has no time for.
    await until(async () => {
      await rig.send();
      return seen.length > 30;
    }, 'pictures without an answer');
    t.true(Math.abs(await colorOf(seen.at(-1))) < 2, 'gray, for there was no answer');
    t.is(rig.camera.status.dropped.busy, 0);
    open();
    await until(async () => {
      await rig.send();
      return (await colorOf(seen.at(-1))) > 20;
    }, 'colour has come');
  },
);

test.serial('a network that can work without a palette colours before there is one', async (t) => {
  const { network, open } = flatNetwork(40, 30);
  open();
  let embedded = 0;
  const embed = (): Promise<Float32Array[]> => {
    embedded++;
    return new Promise(() => undefined);
  };
  const unhurried = { ...network.network, embed };
  const provisional = new Float32Array(256);
  const rig = await makeRig(t, { ...network, network: unhurried, provisional });
  const seen: EncodedPicture[] = [];
  rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => seen.push(picture));
  await until(async () => {
    await rig.send({ elapsedS: 0.001 });
    return (await colorOf(seen.at(-1))) > 20;
  }, 'colour has come');
  t.is(embedded, 0, 'there are no three pictures yet to choose from');
  for (let i = 0; i < 3; i++) await rig.send({ elapsedS: 1 });
  await until(() => embedded > 0, 'a palette is asked for');
  t.is(embedded, 1);
});

test.serial(
  'viewers of the same size get the same bytes, and nothing is encoded without a viewer',
  async (t) => {
    const rig = await makeOpenRig(t);
    await rig.send();
    for (let i = 0; i < 10; i++) rig.push();
    const [first, second]: EncodedPicture[][] = [[], []];
    const watching = [first, second].map((list) =>
      rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => list?.push(picture)),
    );
    await rig.send();
    t.is(
      await coloredFrames(rig.metrics),
      2,
      'of the frames that nobody watched only the first was coloured',
    );
    await until(() => first?.length === 1 && second?.length === 1, 'both have seen it');
    t.is(first?.[0], second?.[0]);
    const late: EncodedPicture[] = [];
    watching.push(
      rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => late.push(picture)),
    );
    t.is(late[0], first?.[0], 'who comes later has the last picture at once');
    for (const each of watching) each.unsubscribe();
  },
);

test.serial('a removed camera counts nothing more, not even the frame in progress', async (t) => {
  const rig = await makeOpenRig(t);
  rig.camera.countReconnect();
  t.is((await rig.metrics.reconnects.get()).values[0]?.value, 1);
  rig.states$.next({ kind: 'live', sinceMs: Date.now() });
  t.is(rig.camera.status.reconnects, 1);
  await rig.send();
  rig.push();
  rig.camera.complete();
  rig.metrics.forget('gate');
  await (await makeOpenRig(t)).send(); // the one pixel thread has made both frames then
  t.notRegex(await rig.metrics.registry.metrics(), /gate/);
});

test.serial('no picture is higher than requested', async (t) => {
  const rig = await makeOpenRig(t);
  const heights: number[] = [];
  const see = (picture: { size: { heightPx: number } }): number => heights.push(picture.size.heightPx);
  for (const heightPx of [90, 120, 144]) rig.camera.pictures$({ heightPx, isMarked: true }).subscribe(see);
  rig.camera.originals$({ heightPx: 100 }).subscribe(see);
  await rig.send();
  t.deepEqual(heights, [90, 120, 144, 100]);
});

test.serial('masks are black and without colour in every picture, including the original', async (t) => {
  const rig = await makeOpenRig(t, { masks: [{ x: 0.25, y: 0.25, width: 0.25, height: 0.5 }] });
  const leaks: string[] = [];
  const check =
    (name: string) =>
    ({ data }: { data: Uint8Array }): void => {
      for (let y = 45; y < 135; y++)
        for (let x = 80; x < 160; x++) if (data[y * 320 + x] !== 0) leaks.push(`${name} luma ${x},${y}`);
      for (let y = 23; y < 67; y++)
        for (let x = 40; x < 80; x++)
          if (data[bytes + y * 160 + x] !== 128) leaks.push(`${name} chroma ${x},${y}`);
    };
  let pictures = 0;
  rig.camera.pictures$({ heightPx: 180, isMarked: false }).subscribe((picture) => {
    pictures++;
    check('colour')(picture);
  });
  rig.camera.originals$({ heightPx: 180 }).subscribe(check('original'));
  for (let i = 0; i < 20; i++) await rig.send();
  t.deepEqual(leaks.slice(0, 3), []);
  t.is(pictures, 20);
});

test.serial('a mask that is added while a camera is lost covers its last picture everywhere', async (t) => {
  const { network, open } = flatNetwork(40, 30);
  open();
  const rig = await makeRig(t, network);
  const [seen, late]: EncodedPicture[][] = [[], []];
  const tops: number[] = [];
  rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => seen?.push(picture));
  rig.camera
    .pictures$({ heightPx: 180, isMarked: true })
    .subscribe(({ data }) => tops.push(Math.max(...data.subarray(0, size.widthPx))));
  await rig.send();
  await until(() => seen?.length === 1, 'a picture');
  rig.states$.next(lost());
  const masks = [{ x: 0, y: 0, width: 1, height: 1 }];
  rig.camera.apply({
    config: cameraSchema.parse({ source: 'test:testsrc2', masks }),
    network,
    rtspPath: undefined,
  });
  rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => late?.push(picture));
  t.is(late?.length, 0, 'the last picture shows what the mask covers');
  await until(() => seen?.length === 2 && late?.length === 1 && tops.length === 2, 'it comes once more');
  t.true((await sharp(late?.[0]?.jpeg).stats()).channels.every(({ max }) => max < 8));
  t.is(seen?.[1], late?.[0]);
  t.true((tops[0] ?? 0) > 0);
  t.is(tops[1], 0);
});

test.serial('a new mask also covers the frames in progress', async (t) => {
  const { network, open } = flatNetwork(40, 30);
  open();
  const rig = await makeRig(t, network);
  const highest: number[] = [];
  rig.camera.originals$({ heightPx: 180 }).subscribe(({ data }) => {
    highest.push(data.subarray(0, bytes).reduce((most, value) => Math.max(most, value), 0));
  });
  rig.push();
  rig.push();
  const masks = [{ x: 0, y: 0, width: 1, height: 1 }];
  rig.camera.apply({
    config: cameraSchema.parse({ source: 'test:testsrc2', masks }),
    network,
    rtspPath: undefined,
  });
  await until(() => highest.length > 0, 'a picture');
  t.deepEqual(highest, [0]);
});

test.serial(
  'a viewer who asks for another size while a camera is lost sets back no other viewer',
  async (t) => {
    const rig = await makeOpenRig(t);
    const [recorder, second]: number[][] = [[], []];
    const tile: EncodedPicture[] = [];
    rig.camera
      .pictures$({ heightPx: 180, isMarked: true })
      .subscribe(({ capturedMs }) => recorder?.push(capturedMs));
    await rig.send();
    rig.states$.next(lost());
    await until(() => recorder?.length === 2, 'the card');
    rig.camera.jpegs$({ heightPx: 90, isMarked: false }).subscribe((picture) => tile.push(picture));
    rig.camera
      .pictures$({ heightPx: 90, isMarked: true })
      .subscribe(({ capturedMs }) => second?.push(capturedMs));
    await until(
      () => tile.length === 1 && second?.[0] !== undefined,
      'the last frame for one, the card for the other',
    );
    t.is(tile[0]?.capturedMs, recorder?.[0]);
    t.true(tile[0]?.isRepeat);
    t.deepEqual(
      recorder,
      recorder?.toSorted((a, b) => a - b),
    );
    t.true((second?.[0] ?? 0) > (recorder?.[1] ?? 0), 'the card is of now');
  },
);

test.serial(
  'a lost camera keeps its viewers: some see the card, all see the last picture, and then it continues',
  async (t) => {
    const rig = await makeOpenRig(t);
    const marked: number[] = [];
    const plain: EncodedPicture[] = [];
    let isOver = false;
    rig.camera.pictures$({ heightPx: 180, isMarked: true }).subscribe({
      next: ({ sequence }) => marked.push(sequence),
      complete: () => (isOver = true),
    });
    await rig.send();
    t.deepEqual(marked, [1]);
    rig.states$.next(lost());
    t.is(rig.camera.status.state.kind, 'reconnecting');
    await until(() => marked.length >= 2, 'the card is shown');
    const viewer = rig.camera
      .jpegs$({ heightPx: 90, isMarked: false })
      .subscribe((picture) => plain.push(picture));
    await until(() => plain.length === 1, 'who comes now sees the last frame');
    viewer.unsubscribe();
    rig.states$.next({ kind: 'live', sinceMs: Date.now() });
    const before = marked.length;
    await rig.send();
    t.is(marked.length, before + 1);
    t.true(marked.every((sequence, i) => i === 0 || sequence > (marked[i - 1] ?? 0)));
    t.false(isOver);
    rig.camera.complete();
    t.true(isOver);
  },
);

test.serial('colour settings apply at once, and nobody is disconnected', async (t) => {
  const flat = flatNetwork(40, 30);
  flat.open();
  const rig = await makeRig(t, flat.network);
  const seen: EncodedPicture[] = [];
  rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => seen.push(picture));
  await until(async () => {
    await rig.send();
    return (await colorOf(seen.at(-1))) > 20;
  }, 'colour has come');
  const config = cameraSchema.parse({ source: 'test:testsrc2', saturation: 0, name: 'Gate' });
  rig.camera.apply({ config, network: flat.network, rtspPath: undefined });
  const count = seen.length;
  await rig.send();
  await until(() => seen.length > count, 'the next picture');
  t.true(Math.abs(await colorOf(seen.at(-1))) < 2);
  t.is(rig.camera.status.name, 'Gate');
});

test.serial('at night the picture gradually turns gray, and by day its colour comes back', async (t) => {
  const rig = await makeOpenRig(t, { night: { show: 'gray', detect: 'saturation' } });
  const seen: EncodedPicture[] = [];
  rig.camera.jpegs$({ heightPx: 180, isMarked: false }).subscribe((picture) => seen.push(picture));
  for (let i = 0; i < 160; i++) await rig.send({ saturation: 30, elapsedS: 1 / 10 });
  t.false(rig.camera.status.isNight);
  t.true((await colorOf(seen.at(-1))) > 20);
  for (let i = 0; i < 80; i++) await rig.send({ saturation: 0.5, elapsedS: 1 / 10 });
  await until(() => rig.camera.status.isNight, 'the loss of colour is noticed');
  const count = seen.length;
  await rig.send();
  await until(() => seen.length > count, 'the next picture');
  t.true(Math.abs(await colorOf(seen.at(-1))) < 2);
  for (let i = 0; i < 80; i++) await rig.send({ saturation: 30, elapsedS: 1 / 10 });
  await until(async () => {
    await rig.send({ saturation: 30 });
    return (await colorOf(seen.at(-1))) > 20;
  }, 'colour is back');
  await until(() => !rig.camera.status.isNight, 'day is said, a moment later');
});

test.serial(
  'a camera that sends colour is shown in its own colour, without network and mark, but with masks',
  async (t) => {
    const flat = flatNetwork(40, 30);
    flat.open();
    const masks = [{ x: 0, y: 0, width: 0.5, height: 1 }];
    const rig = await makeRig(t, flat.network, { masks });
    const seen: { y: number; cb: number; cr: number; maskedY: number; maskedCb: number; isOwn?: boolean }[] =
      [];
    const sizes = new Set<string>();
    rig.camera.pictures$({ heightPx: 90, isMarked: true }).subscribe(({ data, size: own, isOwnColor }) => {
      const luma = own.widthPx * own.heightPx;
      const row = Math.floor(own.heightPx / 4);
      const at = luma + row * (own.widthPx / 2);
      sizes.add(`${own.widthPx}x${own.heightPx}`);
      seen.push({
        y: data[2 * row * own.widthPx + own.widthPx - 4] ?? 0,
        cb: data[at + own.widthPx / 2 - 4] ?? 0,
        cr: data[at + luma / 4 + own.widthPx / 2 - 4] ?? 0,
        maskedY: data[2 * row * own.widthPx + 4] ?? 1,
        maskedCb: data[at + 4] ?? 0,
        ...(isOwnColor !== undefined && { isOwn: isOwnColor }),
      });
    });
    for (let i = 0; i < 60; i++) await rig.send({ saturation: 20, chroma: [100, 170] });
    t.like(seen.at(-1), { cb: 100, cr: 170, maskedY: 0, maskedCb: 128, isOwn: true });
    t.is(flat.calls, 0, 'the network was not asked');
    await until(() => rig.camera.status.isOwnColor === true, 'the status says so');

    for (let i = 0; i < 75; i++) await rig.send({ saturation: 0, chroma: [128, 128], elapsedS: 1 / 10 });
    t.true(flat.calls > 0, 'by infrared the network is asked');
    t.is(seen.at(-1)?.isOwn, false);
    await until(() => rig.camera.status.isOwnColor === false, 'the status says so');
  },
);

test.serial('own colour fades over a second and does not jump', async (t) => {
  const flat = flatNetwork(0, 0);
  flat.open();
  const rig = await makeRig(t, flat.network);
  const seen: number[] = [];
  rig.camera
    .pictures$({ heightPx: 90, isMarked: false })
    .subscribe(({ data, size: own }) => seen.push(data[own.widthPx * own.heightPx * 1.25 + 20] ?? 0));
  for (let i = 0; i < 30; i++) await rig.send({ saturation: 20, chroma: [128, 228], elapsedS: 1 / 10 });
  t.is(seen.at(-1), 228);
  const steps = seen.map((value, i) => Math.abs(value - (seen[i - 1] ?? value)));
  t.true(Math.max(...steps) <= 12, `${Math.max(...steps)} levels from one frame to the next`);
});
