/** The composition root of a film: plans it, holds every resource while it runs, and brings it to its end. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline as pump } from 'node:stream/promises';
import { checkReplacing, prepareFolders } from '../../files/check-output.ts';
import { encodeFilm, type Conclusion, type FilmCheckpoint } from './film-encode.ts';
import { decodeOptions, jobSettings, planFilm, type FilmPlan, type FilmWish } from './film-job.ts';
import { doneLine, filmResult, writeReport, type FilmResult } from './film-result.ts';
import { cutOf, muxInput, planStreams } from './film-streams.ts';
import { FilmTally } from './film-tally.ts';
import { sha256File } from '../../files/fingerprint.ts';
import { ffmpegVersion, type FfmpegVersion } from '../../ingest/ffmpeg/capabilities.ts';
import { activeRect } from '../../ingest/scenes/black-bars.ts';
import { decodeArgs, type DecodeReport } from '../../ingest/film/decode.ts';
import { probe } from '../../ingest/film/probe.ts';
import { hasColor, sampleLuma } from '../../ingest/film/sample.ts';
import type { SourceInfo } from '../../ingest/film/source-info.ts';
import { openSource, spoolStdin, type SourceInput } from '../../ingest/film/source-input.ts';
import { sheetFormat, writeContactSheet } from './contact-sheet.ts';
import { colorArgs, encodeArgs } from './encode-args.ts';
import { Journal } from './journal.ts';
import { wholePicture } from '../pixels/rect.ts';
import { muxFilm, type CarryPlan } from './mux.ts';
import type { SceneRecord } from './resume.ts';
import { syntheticMetadata, syntheticSentence, syntheticXmp, type SyntheticMark } from '../synthetic-mark.ts';
import { checkEncoder, fallbackFor } from './trial-encode.ts';
import type { Studio } from '../studio.ts';
import { packageVersion } from '../../version.ts';

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

/** A film that was looked at: what it is, and what is to become of it. */
interface Planned {
  readonly input: SourceInput;
  readonly source: SourceInfo;
  readonly plan: FilmPlan;
  readonly carry: readonly CarryPlan[];
  readonly version: FfmpegVersion;
}

/** A film in colour, not yet at its place. */
interface FinishedFilm {
  readonly path: string;
  /** The source's time that is its 0, seconds. */
  readonly zeroS: number;
  /** Of its last frame, on the source's clock. */
  readonly lastPts: number;
  readonly mark: SyntheticMark;
}

class FilmRun {
  private readonly wish: FilmWish;
  private readonly studio: Studio;
  private readonly tally: FilmTally;

  constructor(wish: FilmWish, studio: Studio) {
    this.wish = wish;
    this.studio = studio;
    this.tally = new FilmTally(studio);
  }

  async run(): Promise<FilmResult> {
    const { wish, studio } = this;
    await using input =
      wish.input === '-'
        ? await spoolStdin(process.stdin, { signal: studio.signal })
        : await openSource(wish.input, wish);
    const film = await this.plan(input);
    if (wish.dryRun === true) return this.dryRun(film);
    const { model, engine, device, embedding } = studio.colorizer;
    const { fingerprint, settings } = await jobSettings(wish, film.plan, {
      ...{ input, model, engine, device },
      versions: { program: packageVersion, ffmpeg: film.version.text },
      embeddingSha256: embedding.bundled?.sha256 ?? (await sha256File(embedding.path)),
    });
    await using work = await openWorkFolder(wish.output);
    await using journal = await Journal.open(work.path, fingerprint, settings, {
      fresh: wish.fresh === true,
    });
    const resumedFrames = journal.frames;
    const report = await this.encode(film, journal);
    await this.finish(film, journal);
    const result = filmResult(
      { source: film.source, frames: journal.frames, resumedFrames, report },
      this.tally,
      studio,
    );
    const paths = { input: wish.input, output: wish.output };
    await rm(work.path, { recursive: true, force: true });
    if (wish.report !== undefined) await writeReport(wish.report, { ...paths, ...result });
    studio.reporter.line(doneLine(wish, result), { event: 'done', ...paths, ...result });
    return result;
  }

  /** Looks at the film, and tells what the user should know before work starts. */
  private async plan(input: SourceInput): Promise<Planned> {
    const { wish, tally } = this;
    const { signal, colorizer } = this.studio;
    const source = await probe(input, signal);
    const plan = planFilm(wish, source);
    checkReplacing(wish);
    if (wish.contactSheet !== undefined) sheetFormat(wish.contactSheet);
    if (wish.dryRun !== true) await prepareFolders(wish.output, wish.contactSheet, wish.report);
    const warn = (text: string): void => tally.warn(text);
    const [version, carry] = await Promise.all([
      ffmpegVersion(),
      planStreams({ input, source, wish, plan }, warn, signal),
      checkEncoder(plan.encoder.codec),
    ]);
    const isMatroska = plan.container === 'mkv' || plan.container === 'webm';
    if (source.video.rotationDegrees !== 0 && isMatroska && version.major < 6) {
      warn(
        `ffmpeg ${version.text} writes no rotation into ${plan.container}: players will show the picture unturned`,
      );
    }
    if (await hasColor(input, source, signal))
      warn(`${input.name} carries colour already: it is dropped, the network's takes its place`);
    for (const notice of [...plan.notices, ...colorizer.notices]) warn(notice);
    return { input, source, plan, carry, version };
  }

  /** Brings all frames into the journal, behind those of an earlier run. */
  private async encode({ input, source, plan }: Planned, journal: Journal): Promise<DecodeReport> {
    const { wish, studio, tally } = this;
    const checkpoint = (await journal.lastCheckpoint()) as FilmCheckpoint | undefined;
    if (journal.frames > 0) tally.warn(`going on after frame ${journal.frames}, from ${journal.folder}`);
    const isWhole = journal.segments.length > 0 && checkpoint === undefined;
    if (isWhole) {
      const { scenes, report } = (await journal.conclusion()) as Conclusion;
      tally.scenes.push(...scenes);
      return report;
    }
    // A camera's own model knows what is usual at each point of the whole picture, black bars included.
    const isOfPlace = studio.colorizer.model.manifest.place !== undefined;
    const rect = isOfPlace
      ? wholePicture(plan.layout)
      : activeRect(await sampleLuma(input, source, studio.signal), plan.layout);
    return encodeFilm({ input, source, plan, wish, journal, rect, checkpoint, studio, tally });
  }

  /** Joins the journal's segments with the source's other streams into the output. */
  private async finish(film: Planned, journal: Journal): Promise<void> {
    const { input, source, plan, carry, version } = film;
    const { wish, studio } = this;
    const { name, version: modelVersion } = studio.colorizer.model.manifest;
    const mark = { program: `chromafeed ${packageVersion}`, model: name, modelVersion };
    const cut = cutOf(source, wish, journal.segments[0]?.firstPts ?? 0);
    const finished = join(journal.folder, wish.output === '-' ? 'film.mkv' : basename(wish.output));
    await muxFilm({
      ...{ journal, carry, signal: studio.signal, timeBase: source.video.timeBase },
      ...{ outputPath: finished, container: plan.container, sourceArgs: muxInput(input, wish) },
      cut,
      rotationDegrees: source.video.rotationDegrees,
      ...{ colorArgs: colorArgs(plan.encode.colors, plan.layout.range), codec: plan.encoder.codec },
      ...{ timecode: source.timecode, metadata: syntheticMetadata(mark), ffmpegMajor: version.major },
    });
    const lastPts = journal.segments.at(-1)?.lastPts ?? 0;
    await this.contactSheet(film, { path: finished, zeroS: cut.zeroS, lastPts, mark });
    if (wish.output === '-') await pump(createReadStream(finished), process.stdout, { end: false });
    else await rename(finished, wish.output);
  }

  private async contactSheet({ input, source }: Planned, finished: FinishedFilm): Promise<void> {
    const { wish, studio, tally } = this;
    if (wish.contactSheet === undefined) return;
    const tickS = source.video.timeBase.num / source.video.timeBase.den;
    await writeContactSheet({
      ...{ before: input.url, beforeOptions: input.options, after: finished.path, path: wish.contactSheet },
      ...{ lumaFilters: source.video.luma.filters, range: source.video.range, signal: studio.signal },
      ...{ footer: syntheticSentence(finished.mark), xmp: syntheticXmp(finished.mark) },
      scenes: momentsOf(tally.scenes, finished.lastPts).map((pts) => {
        const atS = pts * tickS;
        return { atS, afterS: atS - finished.zeroS };
      }),
      title: basename(wish.input),
    });
  }

  /** Says what would be done. */
  private dryRun({ input, source, plan, carry }: Planned): FilmResult {
    const { wish, studio, tally } = this;
    const described = {
      event: 'plan',
      ...{ input: wish.input, output: wish.output, container: plan.container },
      ...{ size: plan.layout, networkSize: plan.smallSize, encoder: plan.encoder.args },
      frameRate: source.video.averageFrameRate,
      decode: ['ffmpeg', ...decodeArgs({ input, source }, decodeOptions(wish))],
      encode: ['ffmpeg', ...encodeArgs(plan.encode, plan.layout, 'segment-00000.nut')],
      streams: carry.map(({ stream, action }) => `${stream.title}: ${action}`),
      warnings: tally.warnings,
    };
    studio.reporter.line(JSON.stringify(described, undefined, 2), described);
    return {
      ...filmResult({ source, frames: 0, resumedFrames: 0, report: {} }, tally, studio),
      dryRun: true,
    };
  }
}

/**
 * Where a film's unfinished work lies: beside its output, where the next run finds it. Of standard output there is no
 * next run, so nothing of it stays.
 */
async function openWorkFolder(output: string): Promise<AsyncDisposable & { readonly path: string }> {
  if (output !== '-') return { path: `${output}.partial`, [Symbol.asyncDispose]: () => Promise.resolve() };
  const path = await mkdtemp(join(tmpdir(), 'chromafeed-stdout-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A moment of each scene, a third into it: cuts and fades are over by then. */
function momentsOf(scenes: readonly SceneRecord[], lastPts: number): number[] {
  return scenes.map(({ firstPts }, i) =>
    Math.round(firstPts + ((scenes[i + 1]?.firstPts ?? lastPts) - firstPts) / 3),
  );
}
