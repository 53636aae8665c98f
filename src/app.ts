/** The composition root: builds a film's pipeline from its parts and holds every resource while it runs. */
import { createReadStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline as pump } from 'node:stream/promises';
import { lastValueFrom, map } from 'rxjs';
import type { Reporter } from './cli/reporter.ts';
import { AppError } from './errors.ts';
import {
  carriedStreams,
  checkOutput,
  jobSettings,
  planFilm,
  type FilmPlan,
  type FilmWish,
} from './film-job.ts';
import { filmOptions, framesInFlight } from './film-options.ts';
import { ffmpegVersion } from './ffmpeg/capabilities.ts';
import { activeRect } from './ingest/bars.ts';
import { decodeArgs, decodeLuma, type DecodeReport } from './ingest/decode.ts';
import { probe } from './ingest/probe.ts';
import type { SourceInfo } from './ingest/source-info.ts';
import { openSource, spoolStdin, type SourceInput } from './ingest/source-input.ts';
import { hasColor, sampleLuma } from './ingest/sample.ts';
import { contextFrames } from './ingest/scenes.ts';

import type { Colorizer } from './model/colorizer.ts';
import { colorizeFilm } from './stream/colorize-film.ts';
import { writeContactSheet } from './stream/contact-sheet.ts';
import { colorArgs, encodeArgs } from './stream/encode-args.ts';
import type { FilmFrame, SteadyFrame } from './stream/film-frame.ts';
import { FramePool, type FrameBuffer } from './stream/frame-pool.ts';
import { Journal } from './stream/journal.ts';
import { muxFilm, planCarry, type CarryPlan, type MuxCut } from './stream/mux.ts';
import { fromPulled, pacedMap } from './stream/paced.ts';
import type { PixelPool } from './stream/pixel-pool.ts';
import type { RectPx } from './stream/pixels/rect.ts';
import {
  alignToContext,
  checkpointAfter,
  ContextMismatch,
  contextOf,
  recordOf,
  type Checkpoint,
  type ContextFrame,
  type SceneRecord,
} from './stream/resume.ts';
import { SegmentWriter } from './stream/segment-writer.ts';
import {
  syntheticMetadata,
  syntheticSentence,
  syntheticXmp,
  type SyntheticMark,
} from './stream/synthetic-mark.ts';
import { fallbackFor } from './stream/trial-encode.ts';
import { packageVersion } from './version.ts';

/** What a film needs from outside; the caller owns it and may use it for many films. */
export interface Studio {
  readonly colorizer: Colorizer;
  readonly pixels: PixelPool;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** What became of a film; the JSON report has the same fields. */
export interface FilmResult {
  readonly dryRun: boolean;
  readonly frames: number;
  readonly resumedFrames: number;
  readonly scenes: readonly (SceneRecord & { readonly startS: number })[];
  readonly embeddings: number;
  readonly networkFrames: number;
  /** Frames a second of this run, muxing included. */
  readonly fps: number;
  readonly wallS: number;
  /** Seconds of work by stage; stages run beside each other. */
  readonly stageS: Readonly<Record<string, number>>;
  readonly peakRssMiB: number;
  readonly framesInFlight: { readonly most: number; readonly bound: number };
  readonly model: { readonly name: string; readonly version: number; readonly device: string };
  readonly warnings: readonly string[];
  readonly damage: string | undefined;
}

/**
 * Colorizes one film: plans, decodes, colours, encodes in segments, muxes, renames. A run that is stopped leaves its
 * segments in `OUTPUT.partial`; the same call goes on from there.
 * @throws {AppError} with what to do
 */
export async function colorizeFilmFile(wish: FilmWish, studio: Studio): Promise<FilmResult> {
  const fallback = wish.codec === undefined ? undefined : await fallbackFor(wish.codec, studio.signal);
  if (!fallback) return new FilmRun(wish, studio).run();
  studio.reporter.warn(
    `--codec ${wish.codec ?? ''} does not work here (${fallback.reason}): ${fallback.codec} instead`,
  );
  // A preset is the encoder's own: the other one would not know it.
  return new FilmRun({ ...wish, codec: fallback.codec, preset: undefined }, studio).run();
}

/** Counters of one run. */
interface Tally {
  frames: number;
  networkFrames: number;
  mostInFlight: number;
  boundInFlight: number;
  networkMs: number;
  writeMs: number;
}

/** What is known when all frames are encoded, for the steps behind that. */
interface Conclusion {
  readonly scenes: readonly SceneRecord[];
  readonly report: DecodeReport;
}

/** What remains to be encoded of a film. */
interface EncodeJob {
  readonly input: SourceInput;
  readonly source: SourceInfo;
  readonly plan: FilmPlan;
  readonly journal: Journal;
  /** Where the picture is, without black bars. */
  readonly rect: RectPx;
  readonly checkpoint: Checkpoint | undefined;
}

class FilmRun {
  private readonly wish: FilmWish;
  private readonly studio: Studio;
  private readonly warnings: string[] = [];
  private readonly scenes: SceneRecord[] = [];
  private readonly tally: Tally = {
    frames: 0,
    networkFrames: 0,
    mostInFlight: 0,
    boundInFlight: 0,
    networkMs: 0,
    writeMs: 0,
  };
  private readonly startedMs = performance.now();
  private embeddings = 0;
  private lastPts = 0;

  constructor(wish: FilmWish, studio: Studio) {
    this.wish = wish;
    this.studio = studio;
  }

  async run(): Promise<FilmResult> {
    const { wish, studio } = this;
    const { signal } = studio;
    await using input =
      wish.input === '-' ? await spoolStdin(process.stdin, { signal }) : await openSource(wish.input, wish);
    const source = await probe(input, signal);
    const plan = planFilm(wish, source);
    await checkOutput(wish);
    const carry = await this.planStreams(input, source, plan);
    const version = await ffmpegVersion();
    const isMatroska = plan.container === 'mkv' || plan.container === 'webm';
    if (source.video.rotationDegrees !== 0 && isMatroska && version.major < 6) {
      this.warn(
        `ffmpeg ${version.text} writes no rotation into ${plan.container}: players will show the picture unturned`,
      );
    }
    if (await hasColor(input, source, signal)) {
      this.warn(`${input.name} carries colour already: it is dropped, the network's takes its place`);
    }
    for (const notice of [...plan.notices, ...studio.colorizer.notices]) this.warn(notice);
    if (wish.dryRun === true) return this.dryRun(input, source, plan, carry);

    const { manifest } = studio.colorizer.model;
    const { fingerprint, settings } = await jobSettings(wish, plan, studio.colorizer.model, {
      ...{ program: packageVersion, ffmpeg: version.text, device: studio.colorizer.device },
    });
    const work =
      wish.output === '-' ? join(tmpdir(), `chromafeed-${process.pid}.partial`) : `${wish.output}.partial`;
    let report: DecodeReport;
    {
      await using journal = await Journal.open(work, fingerprint, settings, { fresh: wish.fresh === true });
      const checkpoint = (await journal.lastCheckpoint()) as Checkpoint | undefined;
      const resumedFrames = journal.frames;
      if (resumedFrames > 0) this.warn(`going on after frame ${resumedFrames}, from ${work}`);
      const isWhole = journal.segments.length > 0 && checkpoint === undefined;
      report = isWhole
        ? await this.concluded(journal)
        : await this.encode({
            ...{ input, source, plan, journal, checkpoint },
            rect: activeRect(await sampleLuma(input, source, signal), plan.layout),
          });
      const mark: SyntheticMark = {
        program: `chromafeed ${packageVersion}`,
        model: manifest.name,
        modelVersion: manifest.version,
      };
      const finished = join(work, wish.output === '-' ? 'film.mkv' : basename(wish.output));
      await muxFilm({
        ...{
          journal,
          carry,
          signal,
          timeBase: source.video.timeBase,
          outputPath: finished,
          container: plan.container,
        },
        ...{
          sourceArgs: muxInput(input, wish),
          cut: cutOf(source, wish, journal.segments[0]?.firstPts ?? 0),
          rotationDegrees: source.video.rotationDegrees,
        },
        ...{ colorArgs: colorArgs(plan.encode.colors, plan.layout.range), codec: plan.encoder.codec },
        ...{ timecode: source.timecode, metadata: syntheticMetadata(mark), ffmpegMajor: version.major },
      });
      this.lastPts = journal.segments.at(-1)?.lastPts ?? 0;
      await this.contactSheet(input, source, finished, mark);
      if (wish.output === '-') await pump(createReadStream(finished), process.stdout, { end: false });
      else await rename(finished, wish.output);
      const result = this.result(source, journal, resumedFrames, report);
      if (wish.report !== undefined)
        await writeReport(wish.report, { input: wish.input, output: wish.output, ...result });
      await rm(work, { recursive: true, force: true });
      studio.reporter.endProgress();
      studio.reporter.line(doneLine(wish, result), {
        event: 'done',
        input: wish.input,
        output: wish.output,
        ...result,
      });
      return result;
    }
  }

  /** What an earlier run, which encoded the last segment, found out. */
  private async concluded(journal: Journal): Promise<DecodeReport> {
    const { scenes, report } = (await journal.conclusion()) as Conclusion;
    this.scenes.push(...scenes);
    return report;
  }

  /** Decodes, colours and encodes what is not yet in the journal. */
  private async encode(job: EncodeJob): Promise<DecodeReport> {
    try {
      return await this.encodeFrom(job, true);
    } catch (error) {
      if (!(error instanceof ContextMismatch)) throw error;
      this.warn(
        `seeking in ${job.source.name} does not give the same frames: decoding from its beginning instead`,
      );
      return this.encodeFrom(job, false);
    }
  }

  private async encodeFrom(job: EncodeJob, maySeek: boolean): Promise<DecodeReport> {
    const { input, source, plan, journal, rect, checkpoint } = job;
    const { wish, studio } = this;
    const stop = new AbortController();
    const signal = AbortSignal.any([studio.signal, stop.signal]);
    const pool = new FramePool(plan.layout, framesInFlight(plan, studio.pixels.concurrency));
    this.tally.boundInFlight = pool.capacity;
    const context = checkpoint?.context ?? [];
    await using decoder = decodeLuma(
      { input, source },
      {
        ...{ startS: wish.start, durationS: wish.duration, hwaccel: wish.hwaccel },
        deinterlace: wish.deinterlace === 'on',
        ...(maySeek && context[0] ? { seekPts: context[0].pts } : {}),
      },
      {
        ...{ acquire: () => pool.acquire(), release: (buffer: FrameBuffer) => pool.release(buffer) },
        ...{ signal, onNotice: (text: string) => this.warn(text) },
      },
    );
    await using writer = new SegmentWriter({
      ...{ journal, layout: plan.layout, encode: plan.encode, segmentFrames: plan.segmentFrames, signal },
      ...{ timeBase: source.video.timeBase, sampleAspect: source.video.sampleAspect ?? { num: 0, den: 0 } },
    });
    const firstFrame = journal.frames;
    const firstShown = firstFrame - context.length;
    this.scenes.splice(0, Infinity, ...(checkpoint?.scenes ?? []));
    const decoded =
      checkpoint === undefined
        ? decoder.frames
        : alignToContext(decoder.frames, context, (buffer) => pool.release(buffer));
    const frames$ = fromPulled(decoded).pipe(
      map((frame, i): FilmFrame => ({ index: firstShown + i, pts: frame.pts, buffer: frame.buffer })),
    );
    const recent: ContextFrame[] = [];
    const { colorizer, pixels } = studio;
    const options = filmOptions({
      ...{ source, plan, wish, rect, pixels, release: (buffer) => pool.release(buffer) },
      network: {
        model: colorizer.model,
        colorize: (batch) => this.colorize(batch),
        embed: (pictures) => this.embed(pictures),
        condition: (embedding) => colorizer.condition(embedding),
      },
      onScene: (scene) => this.scenes.push(recordOf(scene)),
      resume: checkpoint && { checkpoint, firstFrame, firstShown },
    });
    const finished$ = colorizeFilm(frames$, options).pipe(
      pacedMap((frame) => this.write(frame, writer, pool, recent, plan, source), 1),
    );
    try {
      await lastValueFrom(finished$, { defaultValue: undefined });
      await writer.finish();
      await journal.conclude({ scenes: [...this.scenes], report: decoder.report } satisfies Conclusion);
    } catch (error) {
      stop.abort(error);
      pool.close();
      throw studio.signal.aborted ? interruption(studio.signal, wish, journal) : error;
    }
    this.tally.mostInFlight = Math.max(this.tally.mostInFlight, pool.mostInUse);
    return decoder.report;
  }

  private embed(pictures: readonly Uint8Array[]): Promise<Float32Array[]> {
    this.embeddings += pictures.length;
    return this.studio.colorizer.embed(pictures);
  }

  private async colorize(batch: Parameters<Colorizer['colorize']>[0]): Promise<Float32Array[]> {
    const start = performance.now();
    const answers = await this.studio.colorizer.colorize(batch);
    this.tally.networkMs += performance.now() - start;
    this.tally.networkFrames += batch.pictures.length;
    return answers;
  }

  private async write(
    frame: SteadyFrame,
    writer: SegmentWriter,
    pool: FramePool,
    recent: ContextFrame[],
    plan: FilmPlan,
    source: SourceInfo,
  ): Promise<void> {
    const start = performance.now();
    const toBoundary = plan.segmentFrames - 1 - (frame.index % plan.segmentFrames);
    if (toBoundary === plan.segmentFrames - 1) recent.length = 0;
    if (toBoundary < contextFrames) recent.push(contextOf(frame.pts, frame.buffer.data));
    await writer.write({ index: frame.index, pts: frame.pts, bytes: frame.buffer.bytes }, () =>
      checkpointAfter(
        frame,
        [...recent],
        this.scenes.filter((scene) => scene.firstFrame <= frame.index),
      ),
    );
    pool.release(frame.buffer);
    this.tally.writeMs += performance.now() - start;
    this.tally.frames++;
    this.studio.reporter.progress({
      ...{ input: this.wish.input, frames: frame.index + 1, totalFrames: expectedFrames(source, this.wish) },
      ...{ fps: this.tally.frames / this.elapsedS, scenes: frame.scene.number + 1 },
    });
  }

  private async planStreams(input: SourceInput, source: SourceInfo, plan: FilmPlan): Promise<CarryPlan[]> {
    const carry = await planCarry(
      muxInput(input, this.wish),
      carriedStreams(source),
      plan.container,
      this.studio.signal,
    );
    const lost = carry.filter(({ action }) => action === 'drop');
    const lostSound = lost.filter(({ stream }) => stream.kind === 'audio');
    if (lostSound.length > 0 && this.wish.dropUncarried !== true) {
      const names = lostSound.map(({ stream }) => stream.title).join(', ');
      throw new AppError('USAGE', `${plan.container} can't carry ${names} of ${source.name}`, {
        cure: 'name the output .mkv, which takes every sound, or add --drop-uncarried to go without',
      });
    }
    for (const { stream, action, encoder } of carry) {
      if (action === 'drop') this.warn(`${plan.container} can't carry ${stream.title}: it is left out`);
      if (action === 'convert')
        this.warn(`${stream.title} is converted to ${encoder ?? ''} for ${plan.container}`);
    }
    return carry;
  }

  private async contactSheet(
    input: SourceInput,
    source: SourceInfo,
    finished: string,
    mark: SyntheticMark,
  ): Promise<void> {
    if (this.wish.contactSheet === undefined) return;
    const tickS = source.video.timeBase.num / source.video.timeBase.den;
    await writeContactSheet({
      ...{ before: input.url, beforeOptions: input.options, after: finished, path: this.wish.contactSheet },
      ...{
        lumaFilters: source.video.luma.filters,
        range: source.video.range,
        signal: this.studio.signal,
        footer: syntheticSentence(mark),
        xmp: syntheticXmp(mark),
      },
      scenes: momentsOf(this.scenes, this.lastPts).map((pts) => ({ atS: pts * tickS })),
      title: basename(this.wish.input),
    });
  }

  private dryRun(
    input: SourceInput,
    source: SourceInfo,
    plan: FilmPlan,
    carry: readonly CarryPlan[],
  ): FilmResult {
    const { reporter } = this.studio;
    const described = {
      event: 'plan',
      ...{ input: this.wish.input, output: this.wish.output, container: plan.container },
      ...{
        size: plan.layout,
        networkSize: plan.smallSize,
        encoder: plan.encoder.args,
        frameRate: source.video.averageFrameRate,
      },
      decode: ['ffmpeg', ...decodeArgs({ input, source }, {})],
      encode: ['ffmpeg', ...encodeArgs(plan.encode, plan.layout, 'segment-00000.nut')],
      streams: carry.map(({ stream, action }) => `${stream.title}: ${action}`),
      warnings: this.warnings,
    };
    reporter.line(JSON.stringify(described, undefined, 2), described);
    return { ...this.result(source, undefined, 0, wholeReport), dryRun: true };
  }

  private result(
    source: SourceInfo,
    journal: Journal | undefined,
    resumedFrames: number,
    report: DecodeReport,
  ): FilmResult {
    const { colorizer, pixels } = this.studio;
    const tickS = source.video.timeBase.num / source.video.timeBase.den;
    const { name, version } = colorizer.model.manifest;
    const wallS = this.elapsedS;
    const { shrink, motion, compose } = pixels.seconds;
    return {
      dryRun: false,
      frames: journal?.frames ?? 0,
      resumedFrames,
      scenes: this.scenes.map((scene) => ({ ...scene, startS: scene.firstPts * tickS })),
      embeddings: this.embeddings,
      networkFrames: this.tally.networkFrames,
      fps: this.tally.frames / wallS,
      wallS,
      stageS: {
        shrink,
        motion,
        compose,
        network: this.tally.networkMs / 1000,
        write: this.tally.writeMs / 1000,
      },
      peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
      framesInFlight: { most: this.tally.mostInFlight, bound: this.tally.boundInFlight },
      model: { name, version, device: colorizer.device },
      warnings: this.warnings,
      damage: report.damage && describeDamage(report),
    };
  }

  private warn(text: string): void {
    this.warnings.push(text);
    this.studio.reporter.warn(text);
  }

  private get elapsedS(): number {
    return (performance.now() - this.startedMs) / 1000;
  }
}

/** The source as an input of the muxer, from some way before the asked part: the muxer cuts it. */
function muxInput(input: SourceInput, wish: FilmWish): string[] {
  if (input.isSequence) return [];
  const seekS = Math.max(0, (wish.start ?? 0) - seekMarginS);
  return [...(seekS > 0 ? ['-ss', seekS.toFixed(6)] : []), ...input.options, ...['-i', input.url]];
}

/** A container may hold sound so long behind its picture; those without an index are sought only roughly. */
const seekMarginS = 10;
/** Containers of broadcasts: their clock began long before the film. */
const broadcastContainers: readonly string[] = ['mpegts', 'mpeg'];

/** What becomes of the source's clock in the output: a part begins with its first frame, at 0. */
function cutOf({ video, container }: SourceInfo, wish: FilmWish, firstPts: number): MuxCut {
  const tickS = video.timeBase.num / video.timeBase.den;
  const beginS = (video.startPts ?? 0) * tickS;
  const startS = wish.start ?? 0;
  const isPart = startS > 0;
  const isBroadcast = broadcastContainers.includes(container);
  const zeroS = isPart ? firstPts * tickS : isBroadcast ? beginS : 0;
  return {
    zeroS,
    dropsBefore: isPart,
    durationS: wish.duration === undefined ? undefined : beginS + startS + wish.duration - zeroS,
  };
}

/** How many frames will come, as far as the container says. */
function expectedFrames({ video, durationS }: SourceInfo, wish: FilmWish): number | undefined {
  const whole = video.durationS ?? durationS;
  const rate = video.averageFrameRate && video.averageFrameRate.num / video.averageFrameRate.den;
  if (wish.start === undefined && wish.duration === undefined && video.frameCount !== undefined)
    return video.frameCount;
  if (whole === undefined || rate === undefined) return undefined;
  const asked = Math.min(wish.duration ?? Infinity, Math.max(0, whole - (wish.start ?? 0)));
  return Math.round(asked * rate);
}

/** A moment of each scene, a third into it: cuts and fades are over by then. */
function momentsOf(scenes: readonly SceneRecord[], lastPts: number): number[] {
  return scenes.map(({ firstPts }, i) =>
    Math.round(firstPts + ((scenes[i + 1]?.firstPts ?? lastPts) - firstPts) / 3),
  );
}

const wholeReport: DecodeReport = {};

function interruption(signal: AbortSignal, wish: FilmWish, journal: Journal): AppError {
  const frames = journal.frames;
  return new AppError(
    'INTERRUPTED',
    `${wish.input}: stopped; ${frames} frames are safe in ${journal.folder}`,
    {
      cure: 'repeat the same command to go on from there',
      cause: signal.reason,
    },
  );
}

function describeDamage({ damage }: DecodeReport): string | undefined {
  return damage && `${damage.kind} at ${damage.atS.toFixed(2)} s (${damage.count} faults)`;
}

function doneLine(wish: FilmWish, result: FilmResult): string {
  const scenes = `${result.scenes.length} scene${result.scenes.length === 1 ? '' : 's'}`;
  const damage = result.damage === undefined ? '' : `; the source is damaged: ${result.damage}`;
  return `${wish.input} -> ${wish.output}: ${result.frames} frames, ${scenes}, ${result.fps.toFixed(1)} fps on ${result.model.device}${damage}`;
}

async function writeReport(path: string, report: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
}
