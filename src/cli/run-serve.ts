import type { Observable } from 'rxjs';
import { serve } from '../stream/serve/serve.ts';

/** The options of `chromafeed serve`, as parsed. */
export interface ServeCliOptions {
  readonly port?: number;
}

/** Runs the server until it is told to stop. */
export async function runServe(
  path: string,
  options: ServeCliOptions,
  context: { readonly signal: AbortSignal; readonly reload$: Observable<void> },
): Promise<void> {
  const print = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  await serve({ path, port: options.port, print, ...context });
}
