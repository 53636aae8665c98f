import { ffmpegVersion } from '../ingest/ffmpeg/capabilities.ts';
import { serve, type OpenLeases, type ServeOptions } from '../stream/serve/serve.ts';
import type { CommandContext } from './command-context.ts';

/** The options of `chromafeed serve`, as parsed. */
export interface ServeCliOptions {
  readonly port?: number;
}

/**
 * Runs the server until a signal stops it.
 * @throws {AppError} FFMPEG_MISSING before anything else: no camera works without ffmpeg
 */
export async function runServe(
  path: string,
  options: ServeCliOptions,
  { signal, reload$, streams }: CommandContext,
): Promise<void> {
  await ffmpegVersion();
  const print = (text: string): void => {
    streams.stdout.write(`${text}\n`);
  };
  const openFilms: ServeOptions['openFilms'] = async (file) => {
    const { dashboardFilms } = await import('../farm/status/dashboard-films.ts');
    return dashboardFilms(file);
  };
  // Redis is loaded only if the config has a cluster.
  const openLeases: OpenLeases = async (cluster, settings) =>
    (await import('../farm/cameras/open-leases.ts')).openLeases(cluster, settings);
  await serve({ path, port: options.port, print, signal, reload$, openFilms, openLeases });
}
