/** Finds streams that begin late in a film, without making every start slow. */
import { probe } from './probe.ts';
import type { SourceInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';

/** A film and how it is opened. */
export interface ProbedFilm {
  readonly input: SourceInput;
  readonly source: SourceInfo;
}

/** How far ffmpeg looks into a file for its streams: microseconds and bytes. By itself it looks at about 5 s and 5 MB. */
const depths: readonly (readonly string[])[] = [
  ['-analyzeduration', '30M', '-probesize', '64M'],
  ['-analyzeduration', '1200M', '-probesize', '1G'],
];

/**
 * Looks deeper into a film where a stream is announced that has not begun yet, and into DVDs, which announce nothing. A
 * deeper look costs some tenths of a second for each 100 MB, and the film is read with it only if it has found more.
 */
export async function withLateStreams(film: ProbedFilm, signal?: AbortSignal): Promise<ProbedFilm> {
  let best = film;
  for (const [i, depth] of depths.entries()) {
    const isDvd = film.source.container === 'mpeg' && i === 0;
    if (!isDvd && !best.source.others.some(hasNotBegun)) return best;
    const input = { ...film.input, options: [...depth, ...film.input.options] };
    const source = await probe(input, signal);
    if (knownStreams(source) > knownStreams(best.source)) best = { input, source };
  }
  return best;
}

function hasNotBegun({ kind, sampleRate }: SourceInfo['others'][number]): boolean {
  return kind === 'audio' && sampleRate === undefined;
}

function knownStreams({ others }: SourceInfo): number {
  return others.filter((other) => !hasNotBegun(other)).length;
}
