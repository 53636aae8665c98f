/** Finds streams that start late in a film, without making every start slow. */
import { probe } from './probe.ts';
import type { SourceInfo } from './source-info.ts';
import type { SourceInput } from './source-input.ts';

/** A film and how it is opened. */
export interface ProbedFilm {
  readonly input: SourceInput;
  readonly source: SourceInfo;
}

/** How much of a file ffmpeg reads to find its streams: microseconds and bytes. Its default is about 5 s and 5 MB. */
const depths: readonly (readonly string[])[] = [
  ['-analyzeduration', '30M', '-probesize', '64M'],
  ['-analyzeduration', '1200M', '-probesize', '1G'],
];

/**
 * Reads more of a film to find its streams if an announced stream has not started yet, and for DVDs, which announce
 * nothing. This costs some tenths of a second per 100 MB. The film itself is read with these settings only if they
 * found more.
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
