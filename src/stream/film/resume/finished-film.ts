/** Checks by an output's metadata whether an earlier run with the same settings has finished it. */
import { stat } from 'node:fs/promises';
import { probeFile } from '../../../ingest/film/ffprobe.ts';
import { openSource, type SourceInput } from '../../../ingest/film/source-input.ts';
import { fingerprintTag } from '../../synthetic-mark.ts';
import type { FilmPlan } from '../plan/film-plan.ts';
import { readXmp } from '../finish/mp4-boxes.ts';
import { isFingerprintOf, type FilmSettings } from './film-fingerprint.ts';
import { fingerprintInXmp } from '../still/metadata/merge-xmp.ts';

/** Whether the output of a film is finished already. */
export async function isFinished(
  { output, options }: Pick<FilmPlan, 'output' | 'options'>,
  settings: FilmSettings,
  opened: SourceInput,
  signal: AbortSignal,
): Promise<boolean> {
  if (options.skipFinished !== true || options.overwrite === true || output === '-') return false;
  const found = await stat(output).catch(() => undefined);
  if (found?.isFile() !== true || found.size === 0) return false;
  const fingerprint = await fingerprintOfFilm(output, signal);
  if (options.identity !== undefined) return fingerprint === options.identity.result;
  return isFingerprintOf(fingerprint, settings, opened, { sinceMs: found.mtimeMs, signal });
}

/** The fingerprint that a film's metadata holds; undefined if it has none or is no film. */
export async function fingerprintOfFilm(path: string, signal: AbortSignal): Promise<string | undefined> {
  const xmp = fingerprintInXmp((await readXmp(path).catch(() => undefined)) ?? '');
  if (xmp !== undefined) return xmp;
  await using opened = await openSource(path);
  const file = await probeFile(opened, signal).catch(() => undefined);
  // Matroska writes names in capitals.
  const tags = Object.entries(file?.format.tags ?? {});
  return tags.find(([name]) => name.toLowerCase() === fingerprintTag)?.[1];
}
