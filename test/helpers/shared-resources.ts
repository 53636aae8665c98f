import test from 'ava';
import type { FilmResources, openFilmResources } from '../../src/stream/film/film-resources.ts';

type OpenResources = FilmResources & AsyncDisposable;

const opened = new Map<string, Promise<OpenResources>>();

/** Opens each network once, for all films and command lines of a test file. They close after its last test. */
export async function sharedResources(
  options: Parameters<typeof openFilmResources>[0] = {},
): Promise<OpenResources> {
  const { model, blend, engine, device, precision, embedding, style, size } = options;
  const photo = style === undefined ? {} : { style, size };
  const network = { model, blend, engine, device, precision, embedding, ...photo };
  const key = JSON.stringify(network);
  const film = await import('../../src/stream/film/film-resources.ts');
  const opening = opened.get(key) ?? film.openFilmResources(network);
  opened.set(key, opening);
  const { colorizer, pixels, reporter, signal } = await opening.catch((error: unknown) => {
    opened.delete(key);
    throw error;
  });
  return {
    colorizer,
    pixels,
    reporter: options.reporter ?? reporter,
    signal: options.signal ?? signal,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

test.after.always(async () => {
  for (const resources of opened.values()) await (await resources)[Symbol.asyncDispose]();
});
