/** The last steps of a film: joins its segments with the source's other streams, and moves the result to its place. */
import { createReadStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline as pump } from 'node:stream/promises';
import { syncPath } from '../../../files/sync-path.ts';
import { fileUrl } from '../../../ingest/ffmpeg/file-url.ts';
import type { DecodeReport } from '../../../ingest/film/decode.ts';
import {
  fingerprintTag,
  syntheticMetadata,
  syntheticSentence,
  syntheticXmp,
  markOf,
  type SyntheticMark,
} from '../../synthetic-mark.ts';
import { writeContactSheet } from './contact-sheet.ts';
import { colorArgs } from '../encode/encode-args.ts';
import type { FilmJob } from '../film-job.ts';
import { colorOrigin, ownColorTimes } from '../own-color-times.ts';
import type { FinishedSegments } from './finished-segments.ts';
import { coverFiles } from './cover-files.ts';
import { filmTags } from './film-tags.ts';
import { filmXmp, type FilmStatement } from './film-xmp.ts';
import { isMp4 } from './mux-options.ts';
import { cutOf, hasLooseClock, muxInput } from './film-streams.ts';
import { packetsLeftOut } from './left-out.ts';
import { appendXmp, setDisplayMatrix } from './mp4-boxes.ts';
import { muxFilm } from './mux.ts';
import type { SceneRecord } from '../resume/resume-point.ts';

/** Joins the segments with the source's other streams, and moves the film to its output. */
export async function finishFilm(
  job: FilmJob,
  journal: FinishedSegments,
  report: DecodeReport,
): Promise<void> {
  const { plan, opened, carry, ffmpeg, resources } = job;
  const { output, source, container, encode, layout } = plan;
  const mark = markOf(resources.colorizer.credit);
  const statement = statementOf(job, mark);
  const cut = cutOf(plan, journal.segments[0]?.firstPts ?? 0);
  const path = join(journal.folder, `film.${container}`);
  await muxFilm({
    journal,
    carry,
    signal: resources.signal,
    timeBase: source.video.timeBase,
    headroom: encode.headroom,
    timeline: source.timeline,
    leftOut: await packetsLeftOut(opened, { source, cut, container }, resources.signal),
    outputPath: path,
    container,
    sourceArgs: muxInput(opened, plan),
    isBroadcast: hasLooseClock(source.container),
    cut,
    rotationDegrees: source.video.rotationDegrees,
    colorArgs: colorArgs(encode.colors, layout.range),
    codec: plan.encoder.codec,
    lastFrameS: report.lastFrameS,
    timecode: source.timecode,
    metadata: filmTags(source.tags, tagsOf(statement)),
    covers: await coverFiles(opened, carry, { folder: journal.folder, signal: resources.signal }),
    picture: source.video,
    ffmpegMajor: ffmpeg.major,
  });
  if (isMp4(container)) await completeMp4(path, source.video.mirror, filmXmp(statement));
  const lastPts = journal.segments.at(-1)?.lastPts ?? 0;
  await makeContactSheet(job, { path, zeroS: cut.zeroS, lastPts, mark });
  if (output === '-') await pump(createReadStream(path), process.stdout, { end: false });
  else await putInPlace(path, output);
}

/** What the film's metadata says about its colour and its settings. */
function statementOf({ plan, stats, identity }: FilmJob, mark: SyntheticMark): FilmStatement {
  const origin = colorOrigin(stats.scenes);
  const times = ownColorTimes(stats.scenes, plan.source.video.timeBase);
  const ownColorSeconds = origin === 'both' ? times : undefined;
  const fingerprint = plan.options.identity?.result ?? identity.fingerprint;
  return { mark, origin, ownColorSeconds, fingerprint };
}

/** The same as tags of the container. */
function tagsOf({ mark, origin, ownColorSeconds, fingerprint }: FilmStatement): Record<string, string> {
  const times = ownColorSeconds === undefined ? {} : { own_color_seconds: ownColorSeconds };
  return { ...syntheticMetadata(mark, origin), ...times, [fingerprintTag]: fingerprint };
}

/** Adds the parts of an mp4 or mov that ffmpeg's muxer does not write. */
async function completeMp4(path: string, mirror: readonly number[] | undefined, xmp: string): Promise<void> {
  if (mirror !== undefined) await setDisplayMatrix(path, mirror);
  await appendXmp(path, xmp);
}

/** Moves the finished film, and flushes it to disk before the segments are deleted. */
async function putInPlace(path: string, output: string): Promise<void> {
  await syncPath(path);
  await rename(path, output);
  await syncPath(dirname(output));
}

/** A finished film that does not yet have its final name. */
interface FinishedFilm {
  readonly path: string;
  /** The source's time at 0 of the film, seconds. */
  readonly zeroS: number;
  /** Time of its last frame on the source's clock. */
  readonly lastPts: number;
  readonly mark: SyntheticMark;
}

async function makeContactSheet(
  { plan, opened, resources, stats }: FilmJob,
  finished: FinishedFilm,
): Promise<void> {
  const { contactSheet } = plan.options;
  if (contactSheet === undefined) return;
  const { video } = plan.source;
  const origin = colorOrigin(stats.scenes);
  const tickS = video.timeBase.num / video.timeBase.den;
  await writeContactSheet({
    before: opened.url,
    beforeOptions: opened.options,
    after: fileUrl(finished.path),
    path: contactSheet,
    lumaFilters: video.luma.filters,
    range: video.range,
    matrix: video.luma.isRgb ? undefined : plan.encode.colors.matrix,
    signal: resources.signal,
    footer: origin === 'source' ? ownColorSentence : syntheticSentence(finished.mark, origin),
    xmp: origin === 'source' ? undefined : syntheticXmp(finished.mark),
    scenes: momentsOf(stats.scenes, finished.lastPts).map((pts, i) => {
      const atS = pts * tickS;
      return { atS, afterS: atS - finished.zeroS, isOwn: stats.scenes[i]?.isOwn === true };
    }),
    title: basename(plan.input),
  });
}

/** What a contact sheet says when no scene was coloured. */
const ownColorSentence = 'The colour is that of the source.';

/** One time in each scene, after a third of it, when cuts and fades are over. */
function momentsOf(scenes: readonly SceneRecord[], lastPts: number): number[] {
  return scenes.map(({ firstPts }, i) =>
    Math.round(firstPts + ((scenes[i + 1]?.firstPts ?? lastPts) - firstPts) / 3),
  );
}
