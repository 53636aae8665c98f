/** Decodes, colours and encodes one film: the path of its frames from ffmpeg to ffmpeg. */
import { lastValueFrom, map } from 'rxjs';
import { AppError } from '../../errors.ts';
import type { Conclusion } from './resume/checkpoint-file.ts';
import { decodeLuma, type LumaDecoder } from '../../ingest/film/decode.ts';
import { contextFrames } from '../../ingest/scenes/scene-detector.ts';
import type { FilmNetwork } from './color-plan.ts';
import { expectedFrames } from './plan/expected-frames.ts';
import { colorPipeline, framesInFlight } from './color-pipeline.ts';
import { filmFrame, type FilmFrame, type SteadyFrame } from './film-frame.ts';
import type { FilmJob } from './film-job.ts';
import { firstFrames, framesAfterPart, lumaCrcOf, OtherFrames } from './film-range.ts';
import { decodeOptions, type FilmPlan } from './plan/film-plan.ts';
import type { FilmStats } from './film-stats.ts';
import { FramePool, type FrameBuffer } from './frame-pool.ts';
import type { Journal } from './resume/journal.ts';
import { fromPulled, pacedMap } from './paced.ts';
import {
  alignToContext,
  checkpointAfter,
  ContextMismatch,
  contextOf,
  recordOf,
  type ContextFrame,
  type FilmCheckpoint,
  type StartState,
} from './resume/resume-point.ts';
import { SegmentEnds } from './segment-ends.ts';
import { SegmentWriter } from './encode/segment-writer.ts';

/**
 * Decodes, colours and encodes what is not yet in the journal.
 * @param checkpoint - of the journal's last segment; undefined: from the start of the film or of the job's range
 * @param maySeek - false: the film is decoded from its start, whatever is in the journal
 * @throws {AppError} INTERRUPTED when the signal fires; the journal keeps what is done
 */
export async function encodeFilm(
  job: FilmJob,
  journal: Journal,
  checkpoint: FilmCheckpoint | undefined,
  maySeek = true,
): Promise<Conclusion> {
  const { source } = job.plan;
  if (checkpoint !== undefined && source.timeline !== undefined)
    job.stats.warn(`${source.name}: its clock jumps, so it is decoded from its start again`);
  try {
    return await new FilmEncoding(job, journal, checkpoint).run(maySeek && source.timeline === undefined);
  } catch (error) {
    if (!(error instanceof ContextMismatch)) throw error;
    job.stats.warn(`${source.name}: seeking does not give the same frames, so it is decoded from its start`);
    return new FilmEncoding(job, journal, checkpoint).run(false).catch((again: unknown) => {
      throw again instanceof ContextMismatch ? otherFilm(job, journal, again) : again;
    });
  }
}

/** One attempt at a film's frames. */
class FilmEncoding {
  readonly #job: FilmJob;
  readonly #journal: Journal;
  readonly #checkpoint: FilmCheckpoint | undefined;
  /** undefined: the first frame of the film */
  readonly #start: StartState | undefined;
  readonly #firstFrame: number;
  readonly #ends: SegmentEnds;
  /** Over the luma of the frames of a part. */
  #lumaCrc: number;
  /** Frames written by this run, and the time of the last one. */
  #written = 0;
  #lastPts = 0;
  readonly #pool: FramePool;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #notices = new Set<string>();

  constructor(job: FilmJob, journal: Journal, checkpoint: FilmCheckpoint | undefined) {
    const { plan, range, resources, stats } = job;
    this.#job = job;
    this.#journal = journal;
    this.#checkpoint = checkpoint;
    this.#start = checkpoint ?? range?.start;
    this.#firstFrame = (range?.firstFrame ?? 0) + journal.frames;
    this.#ends = new SegmentEnds(journal.limitsOf(plan.segments), plan.batchFrames, this.#firstFrame);
    this.#lumaCrc = checkpoint?.lumaCrc ?? 0;
    this.#signal = AbortSignal.any([resources.signal, this.#stop.signal]);
    const threads = resources.pixels.concurrency;
    this.#pool = new FramePool(plan, { capacity: framesInFlight(plan, threads), threads });
    stats.boundInFlight = this.#pool.capacity;
    stats.scenes.splice(0, Infinity, ...(checkpoint?.scenes ?? []));
    checkpoint?.notices.forEach((text) => this.#notice(text));
  }

  /** @param maySeek - if false, a film that resumes is decoded from its start */
  async run(maySeek: boolean): Promise<Conclusion> {
    const { plan, resources, stats } = this.#job;
    const { signal } = resources;
    let conclusion: Conclusion;
    await using decoder = this.#openDecoder(maySeek);
    await using writer = this.#openWriter();
    try {
      await this.#passFrames(decoder, writer);
      await writer.finish();
      conclusion = this.#conclusion(decoder);
      await this.#journal.conclude(conclusion);
    } catch (error) {
      this.#stop.abort(error);
      throw signal.aborted ? interruption(signal, plan, this.#journal) : error;
    } finally {
      this.#pool.close();
    }
    stats.mostInFlight = Math.max(stats.mostInFlight, this.#pool.mostInUse);
    return conclusion;
  }

  async #passFrames(decoder: LumaDecoder<FrameBuffer>, writer: SegmentWriter): Promise<void> {
    const { plan, resources, stats } = this.#job;
    const release = (buffer: FrameBuffer): void => this.#pool.release(buffer);
    const start = this.#start;
    const context = start?.context ?? [];
    const firstFrame = this.#firstFrame;
    const firstShown = firstFrame - context.length;
    const decoded = start ? alignToContext(decoder.frames, context, release) : decoder.frames;
    const endFrame = this.#endFrame;
    const needed =
      endFrame === undefined ? decoded : firstFrames(decoded, endFrame + framesAfterPart - firstShown);
    const written$ = fromPulled(needed).pipe(
      map((frame, i): FilmFrame => filmFrame(firstShown + i, frame, plan)),
      colorPipeline(plan, {
        network: countedNetwork(resources.colorizer, stats),
        pixels: resources.pixels,
        math: this.#pool.math,
        release,
        ends: this.#ends,
        endFrame,
        onScene: (scene) => stats.scenes.push(recordOf(scene)),
        resume: start && { state: start, firstFrame, firstShown },
      }),
      pacedMap(this.#frameWriter(decoder, writer), 1),
    );
    await lastValueFrom(written$, { defaultValue: undefined });
    this.#checkRange();
  }

  /** The first frame that belongs to another part. */
  get #endFrame(): number | undefined {
    const { range } = this.#job;
    return range === undefined || range.isLast ? undefined : range.firstFrame + range.frames;
  }

  /** Checks that a part has the frames of its plan. */
  #checkRange(): void {
    const { range } = this.#job;
    if (range === undefined) return;
    const frames = this.#firstFrame - range.firstFrame + this.#written;
    if (frames === range.frames && this.#lumaCrc === range.lumaCrc) return;
    throw new OtherFrames(
      `expected ${range.frames} frames with the checksum ${range.lumaCrc} but got ${frames} with ${this.#lumaCrc}`,
    );
  }

  /** What is known at the end. A part does not know of damage in other parts. */
  #conclusion(decoder: LumaDecoder<FrameBuffer>): Conclusion {
    const isWhole = this.#endFrame === undefined;
    const report = isWhole ? decoder.report : { damage: decoder.damageBefore(this.#lastPts + 1) };
    return { scenes: [...this.#job.stats.scenes], report, notices: [...this.#notices] };
  }

  #openDecoder(maySeek: boolean): LumaDecoder<FrameBuffer> {
    const { plan, opened } = this.#job;
    const context = this.#start?.context ?? [];
    const last = context.at(-1);
    return decodeLuma(
      { input: opened, source: plan.source },
      {
        ...decodeOptions(plan),
        seekPts: maySeek ? context[0]?.pts : undefined,
        known: last && { beforePts: last.pts, damage: this.#checkpoint?.damage },
      },
      {
        acquire: () => this.#pool.acquire(),
        release: (buffer) => this.#pool.release(buffer),
        signal: this.#signal,
        onNotice: (text) => this.#notice(text),
      },
    );
  }

  #openWriter(): SegmentWriter {
    const { plan } = this.#job;
    return new SegmentWriter({
      journal: this.#journal,
      layout: plan.layout,
      encode: plan.encode,
      signal: this.#signal,
      sampleAspect: plan.source.video.sampleAspect ?? { num: 0, den: 0 },
    });
  }

  /** Writes frame after frame, each with the state that a resumed run would need, and returns its buffer. */
  #frameWriter(
    decoder: LumaDecoder<FrameBuffer>,
    writer: SegmentWriter,
  ): (frame: SteadyFrame) => Promise<void> {
    const { plan, range, resources, stats } = this.#job;
    const recent: ContextFrame[] = [...(this.#start?.context ?? [])];
    const firstFrame = range?.firstFrame ?? 0;
    const totalFrames = range?.frames ?? expectedFrames(plan);
    return async (frame) => {
      const startMs = performance.now();
      this.#remember(frame, recent);
      const { index, pts, fields, endsSegment, buffer } = frame;
      await writer.write({ index, pts, fields, endsSegment, bytes: buffer.frame }, () =>
        checkpointAfter(frame, {
          context: [...recent],
          lumaCrc: range === undefined ? undefined : this.#lumaCrc,
          scenes: stats.scenes.filter((scene) => scene.firstFrame <= frame.index),
          damage: decoder.damageBefore(frame.pts),
          notices: [...this.#notices],
        }),
      );
      this.#pool.release(frame.buffer);
      stats.writeMs += performance.now() - startMs;
      stats.frames++;
      resources.reporter.progress({
        input: plan.input,
        frames: frame.index + 1 - firstFrame,
        totalFrames,
        fps: stats.frames / stats.elapsedS,
        scenes: frame.scene.number + 1,
      });
    };
  }

  /** Keeps the checksums that a resumed run, or the end of a part, needs. */
  #remember(frame: SteadyFrame, recent: ContextFrame[]): void {
    const { plan, range } = this.#job;
    this.#written++;
    this.#lastPts = frame.pts;
    // Where segments end is known so far ahead only if the frames of a block wait for those of the next one.
    const isFarSighted = plan.blockFrames >= contextFrames;
    if (range === undefined && isFarSighted && !this.#ends.endsWithin(frame.index, contextFrames)) return;
    const context = contextOf(frame.pts, frame.buffer.luma);
    recent.push(context);
    if (recent.length > contextFrames) recent.shift();
    this.#lumaCrc = lumaCrcOf(context, this.#lumaCrc);
  }

  /** Warns the user, but only once about the same thing. */
  #notice(text: string): void {
    if (!this.#notices.has(text)) this.#job.stats.warn(text);
    this.#notices.add(text);
  }
}

/** A network that counts its calls. */
function countedNetwork(colorizer: FilmNetwork, stats: FilmStats): FilmNetwork {
  return {
    embeddingSide: colorizer.embeddingSide,
    async colorize(batch) {
      const startMs = performance.now();
      const answers = await colorizer.colorize(batch);
      stats.networkMs += performance.now() - startMs;
      stats.networkFrames += batch.pictures.length;
      return answers;
    },
    embed(pictures) {
      stats.embeddings += pictures.length;
      return colorizer.embed(pictures);
    },
    condition: (embedding) => colorizer.condition(embedding),
  };
}

function otherFilm(
  { plan: { input }, range }: FilmJob,
  journal: Journal,
  cause: ContextMismatch,
): AppError | OtherFrames {
  if (range !== undefined) return new OtherFrames(cause.message);
  return new AppError(
    'OUTPUT_EXISTS',
    `${journal.folder} holds unfinished work of another film than ${input} is now: ${cause.message}`,
    { cure: 'put the first film back to resume it, or add --fresh to delete the work', cause },
  );
}

function interruption(
  { reason: cause }: AbortSignal,
  { input, output }: FilmPlan,
  journal: Journal,
): AppError {
  if (output === '-') {
    const cure = 'name a file with -o: then a stopped run can be resumed';
    return new AppError('INTERRUPTED', `${input}: stopped; nothing is kept`, { cure, cause });
  }
  return new AppError(
    'INTERRUPTED',
    `${input}: stopped; ${journal.frames} frames are safe in ${journal.folder}`,
    { cure: 'repeat the same command to resume from there', cause },
  );
}
