import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import type { DatasetJob } from './dataset-job.ts';
import { takeFilmFrames, type ExtractedFrame } from './pictures/film-frames.ts';
import type { SourceFile } from './find-sources.ts';
import type { PictureRefusal } from './pictures/picture-refusal.ts';
import type { Split } from './shards/sample.ts';
import { chooseValidation } from './split.ts';
import type { Candidate } from './survey.ts';

/**
 * Lists every picture that may become a sample, and the part of the set that it belongs to. It takes the pictures from
 * films.
 * @param framesDir - where films' pictures go
 */
export async function listCandidates(
  job: DatasetJob,
  framesDir: string,
  onRefused: (key: string, refusal: PictureRefusal) => void,
): Promise<Candidate[]> {
  const photos = job.sources.filter(({ kind }) => kind === 'photo');
  const films = job.sources.filter(({ kind }) => kind === 'film');
  const candidates = photoCandidates(photos, job);
  const splitOf = filmSplit(films, job);
  for (const [number, film] of films.entries()) {
    job.onProgress({ stage: 'films', done: number, total: films.length });
    const frames = await framesOf(film, join(framesDir, String(number)), job, onRefused);
    for (const [i, { path, seconds }] of frames.entries()) {
      const split = splitOf(film, i / frames.length);
      candidates.push({ path, key: `${film.key}#${seconds.toFixed(2)}`, split, film: film.key });
    }
  }
  if (films.length > 0) job.onProgress({ stage: 'films', done: films.length, total: films.length });
  return candidates;
}

function photoCandidates(photos: readonly SourceFile[], { settings }: DatasetJob): Candidate[] {
  const forValidation = openOnes(photos, settings.validationFraction, settings.seed);
  return photos.map(({ path, key, split }) => ({
    path,
    key,
    split: split ?? (forValidation.has(key) ? 'validation' : 'train'),
  }));
}

/**
 * If there are enough films for the fraction, whole films are held out for validation. Otherwise the last part of each
 * film is, so that a film's neighbouring pictures lie in different parts at only one point.
 * @returns the split of a film's picture by its position in the film, 0..1
 */
function filmSplit(
  films: readonly SourceFile[],
  { settings: { validationFraction, seed } }: DatasetJob,
): (film: SourceFile, position: number) => Split {
  const count = films.filter(({ split }) => split === undefined).length;
  if (count * validationFraction < 1) {
    const lastFrom = 1 - validationFraction;
    return ({ split }, position) => split ?? (position >= lastFrom ? 'validation' : 'train');
  }
  const forValidation = openOnes(films, validationFraction, seed);
  return ({ split, key }) => split ?? (forValidation.has(key) ? 'validation' : 'train');
}

/** The files for validation, from those that were not named for a part. */
function openOnes(files: readonly SourceFile[], fraction: number, seed: number): Set<string> {
  const names = files.filter(({ split }) => split === undefined).map(({ key }) => key);
  return chooseValidation(names, fraction, seed);
}

async function framesOf(
  film: SourceFile,
  dir: string,
  { settings, signal }: DatasetJob,
  onRefused: (key: string, refusal: PictureRefusal) => void,
): Promise<ExtractedFrame[]> {
  const { shortSidePx, framesPerVideo: count } = settings;
  try {
    return await takeFilmFrames(film.path, dir, { shortSidePx, count, bars: 'cut', signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError) || !error.code.startsWith('INPUT_')) throw error;
    onRefused(film.key, { reason: 'unreadable', detail: error.message });
    return [];
  }
}
