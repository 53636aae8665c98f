import {
  auditTime,
  debounceTime,
  defer,
  filter,
  map,
  merge,
  of,
  share,
  Subject,
  switchMap,
  takeUntil,
} from 'rxjs';
import type { Observable } from 'rxjs';
import { AppError } from '../errors.ts';
import { FileWatch } from './file-watch.ts';
import { digestOf, parseConfig, type LoadedConfig } from './load-config.ts';
import { readConfig } from './read-config.ts';
import type { Environment } from './substitute.ts';

/** Editors write a file in several steps: what follows so soon belongs together. */
const settleMs = 200;
/** In a folder where something is always written, a look is not put off for longer. */
const longestMs = 2000;

export interface WatchOptions {
  /** What `${NAME}` stands for; default: the process's environment. */
  readonly env?: Environment;
}

/** Watches the file of a config that is in force. Whether it changed is told by its text alone. */
export function watchConfig(loaded: LoadedConfig, options: WatchOptions = {}): ConfigWatch {
  return new ConfigWatch(loaded, options.env ?? process.env);
}

/** What a look at the file gave. */
interface Reading {
  /** Of the text, or why there is none. */
  readonly digest: string;
  readonly outcome: LoadedConfig | AppError;
}

export class ConfigWatch implements AsyncDisposable {
  /**
   * The next config, or why it was refused (INPUT_MISSING, CONFIG_INVALID): then the last good one stays in force.
   * INPUT_MISSING also says that the folder cannot be watched.
   * Shared; looks only while somebody is subscribed, at first whether the file has changed since it was loaded.
   * Completes with disposal.
   */
  readonly changes$: Observable<LoadedConfig | AppError>;
  private readonly requests$ = new Subject<void>();
  private readonly disposed$ = new Subject<void>();
  private readonly file: FileWatch;
  private readonly env: Environment;
  private inForce: LoadedConfig;
  /** Of the text that was looked at last, good or not; undefined: the next one is given whatever it is. */
  private seen: string | undefined;

  constructor(loaded: LoadedConfig, env: Environment) {
    this.inForce = loaded;
    this.seen = loaded.digest;
    this.env = env;
    this.file = new FileWatch(loaded.path);
    const touched$ = this.file.touched$.pipe(share());
    const looks$ = merge(touched$.pipe(debounceTime(settleMs)), touched$.pipe(auditTime(longestMs)));
    const readings$ = defer(() => merge(of(undefined), looks$, this.requests$)).pipe(
      switchMap(() => this.read()),
      filter(({ digest }) => digest !== this.seen),
      map((reading) => this.take(reading)),
    );
    this.changes$ = merge(this.file.failures$, readings$).pipe(takeUntil(this.disposed$), share());
  }

  /** The last config that held. */
  get current(): LoadedConfig {
    return this.inForce;
  }

  /** Reads the file again and gives what it holds, changed or not: certificates beside it may have changed. */
  reload(): void {
    this.seen = undefined;
    this.requests$.next();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed$.next();
    await this.file[Symbol.asyncDispose]();
  }

  private take({ digest, outcome }: Reading): LoadedConfig | AppError {
    this.seen = digest;
    if (!(outcome instanceof AppError)) this.inForce = outcome;
    return outcome;
  }

  private async read(): Promise<Reading> {
    const { path } = this.inForce;
    await this.file.follow();
    let text: string | undefined;
    try {
      text = await readConfig(path);
      return { digest: digestOf(text), outcome: parseConfig(text, path, this.env) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { digest: text === undefined ? error.message : digestOf(text), outcome: error };
    }
  }
}
