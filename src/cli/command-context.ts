import type { Observable } from 'rxjs';
import type { openFilmResources } from '../stream/film/film-resources.ts';

/** What a command gets from the process that it runs in. */
export interface CommandContext {
  readonly signal: AbortSignal;
  /** Fires when the program is told to read its config again (SIGHUP). */
  readonly reload$: Observable<void>;
  /** Where the command writes. */
  readonly streams: CommandStreams;
  /** Whether another process supervises this one, so that a training runs here and not in one more process. */
  readonly isSupervised: boolean;
  /** Opens the network and the threads; absent: each command opens its own. */
  readonly openResources?: typeof openFilmResources;
  readonly setExitCode: (code: number) => void;
}

/** Where a command writes: the streams of its process, or those of a test. */
export interface CommandStreams {
  /** Takes results. */
  readonly stdout: CommandStream;
  /** Takes messages and progress. */
  readonly stderr: CommandStream;
}

export type CommandStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** Whether a stream shows a progress bar: it is a terminal, and the user allows control characters there. */
export function showsBar({ isTTY }: CommandStream): boolean {
  return isTTY === true && process.env['NO_COLOR'] === undefined;
}
