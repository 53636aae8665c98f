/** Films coloured in this process, by one network for all of them; the command line has tests of its own. */
import test, { type ExecutionContext } from 'ava';
import { colorizeFilmFile } from '../../src/stream/film/colorize-film-file.ts';
import type { FilmResult } from '../../src/stream/film/film-result.ts';
import type { Studio } from '../../src/stream/studio.ts';
import { makeReporter } from '../../src/cli/reporting/reporter.ts';
import { openStudio } from '../../src/cli/file/studio.ts';
import { filmDefaults } from '../../src/stream/film/film-defaults.ts';
import type { FilmWish } from '../../src/stream/film/film-job.ts';
import { defaultModel } from '../../src/model/default-model.ts';

/**
 * Opens a studio for the tests of a file; it closes behind the last of them.
 * @returns colours a film as `chromafeed file` would, with what is given instead of its defaults; a film that was
 *   found damaged fails the test
 */
export function useFilmStudio(): (
  t: ExecutionContext,
  wish: Pick<FilmWish, 'input' | 'output'> & Partial<FilmWish>,
) => Promise<FilmResult> {
  let studio: (Studio & AsyncDisposable) | undefined;
  test.before(async () => {
    const options = { model: defaultModel, engine: 'onnx', device: 'auto' } as const;
    studio = await openStudio(options, makeReporter({ quiet: true }), new AbortController().signal);
  });
  test.after.always(() => studio?.[Symbol.asyncDispose]());
  return async (t, wish) => {
    if (studio === undefined) throw new TypeError('the studio is open while tests run');
    const result = await colorizeFilmFile({ ...filmDefaults, deinterlace: 'auto', ...wish }, studio);
    t.is(result.damage, undefined);
    return result;
  };
}
