import type { Observable } from 'rxjs';
import { ffmpegVersion } from '../ingest/ffmpeg/capabilities.ts';
import { serve } from '../stream/serve/serve.ts';

/** The options of `chromafeed serve`, as parsed. */
export interface ServeCliOptions {
  readonly port?: number;
}

/**
 * Runs the server until it is told to stop.
 * @throws {AppError} FFMPEG_MISSING before anything else: no camera works without ffmpeg
 */
export async function runServe(
  path: string,
  options: ServeCliOptions,
  context: { readonly signal: AbortSignal; readonly reload$: Observable<void> },
): Promise<void> {
  await ffmpegVersion();
  const print = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  await serve({ path, port: options.port, print, ...context });
}
