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

/** Editors write a file in several steps, so changes within this time are read together. */
const settleMs = 200;
/** If the folder changes all the time, the file is read after this time at the latest. */
const longestMs = 2000;

export interface WatchOptions {
  /** Values for `${NAME}`; default: the process's environment. */
  readonly env?: Environment;
}

/** Watches the file of the current config. Only its text decides whether it has changed. */
export function watchConfig(loaded: LoadedConfig, options: WatchOptions = {}): ConfigWatch {
  return new ConfigWatch(loaded, options.env ?? process.env);
}

/** The result of reading the file. */
interface Reading {
  /** Fingerprint of the text, or of the reason why it could not be read. */
  readonly digest: string;
  readonly outcome: LoadedConfig | AppError;
}

export class ConfigWatch implements AsyncDisposable {
  /**
   * Emits the next config, or why it was refused (INPUT_MISSING, CONFIG_INVALID); then the last valid one stays in
   * force. INPUT_MISSING also reports that the folder cannot be watched.
   * Shared. It watches only while subscribed, and first checks whether the file has changed since it was loaded.
   * Completes on disposal.
   */
  readonly changes$: Observable<LoadedConfig | AppError>;
  private readonly requests$ = new Subject<void>();
  private readonly disposed$ = new Subject<void>();
  private readonly file: FileWatch;
  private readonly env: Environment;
  private inForce: LoadedConfig;
  /** Fingerprint of the last text that was read, valid or not; undefined: the next result is emitted in any case. */
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

  /** The last valid config. */
  get current(): LoadedConfig {
    return this.inForce;
  }

  /** Reads the file again and emits the result, changed or not, because certificates next to it may have changed. */
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
