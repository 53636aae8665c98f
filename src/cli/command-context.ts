import type { Observable } from 'rxjs';

/** What a command gets from the process that it runs in. */
export interface CommandContext {
  readonly signal: AbortSignal;
  /** Fires when the program is told to read its config again (SIGHUP). */
  readonly reload$: Observable<void>;
  readonly setExitCode: (code: number) => void;
}
