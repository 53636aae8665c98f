import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { colorizeFilm } from '../../stream/film/colorize-film.ts';
import type { FilmResult } from '../../stream/film/film-result.ts';
import { silentReporter, type FilmResources } from '../../stream/film/film-resources.ts';
import { probe } from '../../ingest/film/probe.ts';
import { openSource } from '../../ingest/film/source-input.ts';
import type { ClipResult } from '../figures.ts';
import { measureClip, type ClipMeasures } from './measure-clip.ts';
import type { EvaluationContext } from '../photo/evaluate-photo.ts';
import type { EvaluationSettings } from '../evaluation-settings.ts';
import { requireColour, surveyTruth, type TruthSurvey } from './survey-truth.ts';
import { makeTruthAndGray } from './truth-and-gray.ts';
import type { YuvClip } from './yuv-frames.ts';

/**
 * Makes a colour clip gray, colorizes it as `chromafeed file` does, and compares the result with the clip.
 * @throws {AppError} INPUT_MISSING, INPUT_UNSUPPORTED (no film, or no colour in it), INPUT_DAMAGED; INTERRUPTED
 */
export async function evaluateClip(
  file: string,
  settings: EvaluationSettings,
  context: EvaluationContext,
): Promise<ClipResult> {
  const { resources, folder = tmpdir() } = context;
  const { signal } = resources;
  await using input = await openSource(file);
  const source = await probe(input, signal);
  if (source.video.luma.isGray) requireColour(file, 0);
  const work = await mkdtemp(join(folder, 'chromafeed-clip-'));
  try {
    const [truth, gray, output] = ['truth.mkv', 'gray.mkv', 'output.mkv'].map((name) => join(work, name));
    const files = { truth, gray, output } as { truth: string; gray: string; output: string };
    const clip = await makeTruthAndGray({ input, source }, files, { ...settings, signal });
    const survey = await surveyTruth(clip, signal);
    requireColour(file, survey.meanChroma);
    const { wallS } = await colorize(files, settings, survey, context);
    const measures = await measure(clip, files.output, settings, survey, context);
    const { widthPx, heightPx } = clip;
    return { kind: 'clip', file, widthPx, heightPx, colorizeS: wallS, ...measures };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Colorizing and measuring take about equally long, so each is half of the progress. */
const colorizeShare = 0.5;

function colorize(
  files: { readonly gray: string; readonly output: string },
  { size, networkEvery, temperature, saturation, liveliness }: EvaluationSettings,
  { frames }: TruthSurvey,
  { resources, onProgress }: EvaluationContext,
): Promise<FilmResult> {
  // This film is not what the user asked for.
  const reporter: FilmResources['reporter'] = {
    ...silentReporter,
    warn: (text) => resources.reporter.warn(text),
    progress: (state) => onProgress?.((colorizeShare * state.frames) / frames),
  };
  return colorizeFilm(files.gray, files.output, {
    codec: 'ffv1',
    size,
    networkEvery,
    temperature,
    saturation,
    liveliness,
    resources: { ...resources, reporter },
  });
}

function measure(
  truth: YuvClip,
  outputPath: string,
  { every }: EvaluationSettings,
  { frames, median }: TruthSurvey,
  { resources, onPicture, onProgress }: EvaluationContext,
): Promise<ClipMeasures> {
  const { widthPx, heightPx } = truth;
  return measureClip({
    truth,
    outputPath,
    median,
    every,
    signal: resources.signal,
    visit: (index, versions) => {
      onProgress?.(colorizeShare + ((1 - colorizeShare) * (index + 1)) / frames);
      if (index === frames >> 1) onPicture?.({ widthPx, heightPx, ...versions });
    },
  });
}
