import type { DatasetJob } from './make-dataset.ts';
import type { SourceFile } from './find-sources.ts';
import { chooseValidation } from './split.ts';
import type { Candidate } from './survey.ts';

/** Lists every picture that may become a sample, and which part of the set it belongs to. */
export function listCandidates(job: DatasetJob): Candidate[] {
  const photos = job.sources.filter(({ kind }) => kind === 'photo');
  return photoCandidates(photos, job);
}

function photoCandidates(photos: readonly SourceFile[], { settings }: DatasetJob): Candidate[] {
  const open = photos.filter(({ split }) => split === undefined).map(({ key }) => key);
  const forValidation = chooseValidation(open, settings.validationFraction, settings.seed);
  return photos.map(({ path, key, split }) => ({
    ...{ path, key },
    split: split ?? (forValidation.has(key) ? 'validation' : 'train'),
  }));
}
