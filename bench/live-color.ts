/**
 * Question: how correct and how steady is the colour of a live camera, compared with `file` on the same pictures?
 *
 * node dist/bench/live-color.js CLIP... [--rest 4] [--seconds 6] [--model trunk]
 *
 * The gray version of each colour clip runs like the pictures of a camera: at its own rate, each coloured by what is
 * known when it comes, with the network answering when it can. The bench compares the pictures after `--rest` seconds
 * with the truth, as planes, before JPEG. It does the same with the result of `file`, which also knows later pictures.
 * Live figures depend on the machine, so it also prints how often the network answered and the latest picture.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { colorizeFilm } from '../src/stream/film/colorize-film.ts';
import { openFilmResources } from '../src/stream/film/film-resources.ts';

import { cameraSchema, configSchema } from '../src/config/schema.ts';
import { AppError } from '../src/errors.ts';
import { buildArgs } from '../src/ingest/ffmpeg/command.ts';
import { runFfmpeg, startFfmpeg } from '../src/ingest/ffmpeg/process.ts';
import { probe } from '../src/ingest/film/probe.ts';
import { openSource } from '../src/ingest/film/source-input.ts';
import { LiveModels } from '../src/stream/serve/live-models.ts';
import { Metrics } from '../src/stream/live/metrics.ts';
import { defaultModel } from '../src/model/default-model.ts';
import { LiveColor } from '../src/stream/live/live-color.ts';
import { LiveEngine } from '../src/stream/live/live-engine.ts';
import { frameBytes } from '../src/stream/pixels/compose.ts';
import { measureClip, type ClipMeasures } from '../src/evaluate/clip/measure-clip.ts';
import { surveyTruth } from '../src/evaluate/clip/survey-truth.ts';
import { makeTruthAndGray, matrixTags } from '../src/evaluate/clip/truth-and-gray.ts';
import { grayLevels, readYuvFrames, type YuvClip } from '../src/evaluate/clip/yuv-frames.ts';
import { describeEnvironment } from './support/environment.ts';

interface Feed {
  readonly clip: YuvClip;
  readonly gray: string;
  readonly framesPerS: number;
  /** Frames that are shown but not measured. */
  readonly restFrames: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rest: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '6' },
    model: { type: 'string', default: defaultModel },
  },
});
if (positionals.length === 0) throw new AppError('USAGE', 'live-color: expected colour clips but got none');
const { signal } = new AbortController();
const engineConfig = configSchema.parse({}).engine;
await using models = new LiveModels(engineConfig, (text) => console.error(text));
const network = await models.network({ name: values.model });
await using resources = await openFilmResources({ model: values.model, signal });
const clips = [];
for (const path of positionals) clips.push(await measureOne(path));
const environment = await describeEnvironment();
console.log(JSON.stringify({ environment, model: network.model, clips }, undefined, 2));

async function measureOne(path: string): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-live-color-'));
  const at = (file: string): string => join(folder, file);
  try {
    await using input = await openSource(path);
    const source = await probe(input, signal);
    const rate = source.video.averageFrameRate ?? { num: 25, den: 1 };
    const framesPerS = rate.num / rate.den;
    const restFrames = Math.round(Number(values.rest) * framesPerS);
    const frames = restFrames + Math.round(Number(values.seconds) * framesPerS);
    const files = { truth: at('truth.mkv'), gray: at('gray.mkv') };
    const clip = await makeTruthAndGray({ input, source }, files, { frames, widthPx: 640, signal });
    await cutRest(clip.path, at('late-truth.mkv'), restFrames);
    const truth = { ...clip, path: at('late-truth.mkv') };
    const { median } = await surveyTruth(truth, signal);
    const measure = (outputPath: string): Promise<ClipMeasures> =>
      measureClip({ truth, outputPath, median, every: 4, signal });

    const pace = await showLive({ clip, gray: files.gray, framesPerS, restFrames }, at('live.mkv'));
    const live = await measure(at('live.mkv'));
    await colorizeFilm(files.gray, at('film.mkv'), { deinterlace: 'off', codec: 'ffv1', resources });
    await cutRest(at('film.mkv'), at('late-film.mkv'), restFrames);
    const film = await measure(at('late-film.mkv'));
    const { gray, truth: itself } = live.figures;
    return {
      clip: basename(path),
      frames: live.frames,
      ...pace,
      live: live.figures.output,
      film: film.figures.output,
      gray,
      truth: itself,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Colours the frames of a clip at their own rate, and keeps the pictures after the first `--rest` seconds. */
async function showLive({ clip, gray, framesPerS, restFrames }: Feed, output: string): Promise<object> {
  const { widthPx, heightPx } = clip;
  const size = { widthPx, heightPx };
  using engine = new LiveEngine({
    batchSize: engineConfig.batchSize,
    maxWaitMs: engineConfig.maxWaitMs,
    onError: (error) => console.error(String(error)),
  });
  const color = new LiveColor({
    camera: 'bench',
    config: cameraSchema.parse({ source: 'test:testsrc2' }),
    network,
    resources: {
      engine,
      pixels: resources.pixels,
      metrics: new Metrics(),
      shortSidePx: engineConfig.shortSidePx,
      warn: (camera, text) => console.error(camera, text),
    },
  });
  await using encoder = startFfmpeg({
    name: 'live frames',
    stdin: 'pipe',
    role: 'encoder',
    signal,
    args: encodeArgs(clip, output),
  });
  const layout = { ...size, bitDepth: 8, range: 'full', chroma: '420', interlaced: false } as const;
  const picture = new SharedArrayBuffer(frameBytes(layout));
  const bytes = new Uint8Array(picture);
  const memory = new SharedArrayBuffer(widthPx * heightPx);
  const data = new Uint8Array(memory);
  const rendition = { memory: picture, size, isOriginal: false, maskedChroma: new Int32Array() };
  let [index, answers, latestMs] = [0, 0, 0];
  const startMs = performance.now();
  for await (const { luma } of readYuvFrames({ ...clip, path: gray }, signal)) {
    const dueMs = startMs + (1000 * index) / framesPerS;
    await pause(Math.max(0, dueMs - performance.now()));
    luma.forEach((value, i) => (data[i] = grayLevels[value] ?? 0));
    const frame = {
      buffer: { memory, data },
      size,
      sequence: index,
      saturation: undefined,
      capturedMs: performance.timeOrigin + performance.now(),
    };
    const done = await color.step(frame, [rendition], 1 / framesPerS);
    if (!done) throw new Error(`frame ${index} could not be made`);
    if (done.hasAnswer) answers++;
    color.lookAhead(frame, done.result, false);
    latestMs = Math.max(latestMs, performance.now() - dueMs);
    if (index++ >= restFrames) await new Promise((resolve) => encoder.stdin.write(bytes.slice(), resolve));
  }
  const seconds = (performance.now() - startMs) / 1000;
  encoder.stdin.end();
  const { code } = await encoder.exited;
  if (code !== 0) throw new AppError('FFMPEG_FAILED', `live frames: ${encoder.stderrTail.trim()}`);
  return { framesPerS, answersPerS: answers / seconds, latestMs: Math.round(latestMs) };
}

/** Converts a live picture (full range, BT.601) into the format of the truth, so that one meter measures both. */
function encodeArgs({ widthPx, heightPx, matrix }: YuvClip, output: string): string[] {
  const convert = `scale=in_range=pc:out_range=tv:in_color_matrix=smpte170m:out_color_matrix=${matrixTags[matrix]}`;
  return buildArgs({
    global: ['-y'],
    inputs: [
      {
        url: 'pipe:0',
        options: ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${widthPx}x${heightPx}`],
      },
    ],
    outputs: [
      {
        url: output,
        options: ['-vf', `${convert}:flags=accurate_rnd+bicubic,format=yuv420p`, '-c:v', 'ffv1'],
      },
    ],
  });
}

/** Copies a film, starting at a frame. */
async function cutRest(from: string, to: string, frames: number): Promise<void> {
  const { code, stderrTail } = await runFfmpeg({
    name: `cut of ${from}`,
    role: 'encoder',
    signal,
    args: buildArgs({
      global: ['-y'],
      inputs: [{ url: from, options: [] }],
      outputs: [
        {
          url: to,
          options: ['-vf', `select=gte(n\\,${frames})`, '-fps_mode', 'passthrough', '-c:v', 'ffv1'],
        },
      ],
    }),
  });
  if (code !== 0) throw new AppError('FFMPEG_FAILED', `${from}: could not be cut: ${stderrTail.trim()}`);
}
