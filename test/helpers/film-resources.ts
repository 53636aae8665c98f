/** Colours films in this process, all with one network. The command line has its own tests. */
import type { ExecutionContext } from 'ava';
import { colorizeFilm } from '../../src/stream/film/colorize-film.ts';
import type { FilmOptions, NetworkOptions } from '../../src/stream/film/film-options.ts';
import type { FilmResult } from '../../src/stream/film/film-result.ts';
import { sharedResources } from './shared-resources.ts';
import { smallEmbedding } from './small-embedding.ts';

/** The options of a film and its paths. */
export type FilmRequest = FilmOptions & { readonly input: string; readonly output: string };

/**
 * Colours a film as `chromafeed file --recolor` does, so test patterns may have colour. A film with damage fails the
 * test.
 */
export type ColorFilm = (t: ExecutionContext, request: FilmRequest) => Promise<FilmResult>;

/**
 * Opens the network and the threads for the tests of a file, and closes them after the last test.
 * @param network - by default the default model with a small embedding network
 */
export function useFilmResources(network: NetworkOptions = { embedding: smallEmbedding }): ColorFilm {
  return async (t, { input, output, ...options }) => {
    const resources = await sharedResources(network);
    const result = await colorizeFilm(input, output, { recolor: true, ...options, resources });
    t.is(result.damage, undefined);
    return result;
  };
}
