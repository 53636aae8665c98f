import type { FilmOptions } from '../../stream/film/film-options.ts';

/** The options of `chromafeed file`, as parsed. */
export interface FileOptions extends FilmOptions {
  readonly output?: string;
  readonly recursive?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
