/** Colours films in this process, all with one network. The command line has its own tests. */
import test, { type ExecutionContext } from 'ava';
import { colorizeFilm } from '../../src/stream/film/colorize-film.ts';
import type { FilmOptions } from '../../src/stream/film/film-options.ts';
import { openFilmResources, type FilmResources } from '../../src/stream/film/film-resources.ts';
import type { FilmResult } from '../../src/stream/film/film-result.ts';

/** The options of a film and its paths. */
export type FilmRequest = FilmOptions & { readonly input: string; readonly output: string };

/**
 * Opens the network and the threads for the tests of a file, and closes them after the last test.
 * @returns a function that colours a film as `chromafeed file --recolor` does, so test patterns may have colour; a film
 *   with damage fails the test
 */
export function useFilmResources(): (t: ExecutionContext, request: FilmRequest) => Promise<FilmResult> {
  let resources: (FilmResources & AsyncDisposable) | undefined;
  test.before(async () => {
    resources = await openFilmResources();
  });
  test.after.always(() => resources?.[Symbol.asyncDispose]());
  return async (t, { input, output, ...options }) => {
    if (resources === undefined) throw new TypeError('the resources are open while tests run');
    const result = await colorizeFilm(input, output, { recolor: true, ...options, resources });
    t.is(result.damage, undefined);
    return result;
  };
}
