import {
  filter,
  firstValueFrom,
  map,
  retry,
  takeUntil,
  timer,
  type Observable,
  fromEvent,
  take,
  merge,
} from 'rxjs';
import type { AccessUnit } from '../video/access-unit.ts';
import { parameterSetsOf, type ParameterSets } from '../video/nal-units.ts';

/** What the description of a mount tells people. */
export interface MountInfo {
  /** The title that players show; default: the path. */
  readonly name?: string;
  /** A sentence about the content, for example that its colour is synthetic. */
  readonly info?: string;
}

/** A reader of a mount. */
export interface MountReader {
  readonly onUnit: (unit: AccessUnit) => void;
  /** The mount was removed, or its source has ended. */
  readonly onEnd: () => void;
}

const retryMs = 1000;

/**
 * A source under a path. Every reader has its own subscription, so that a source with a shared encoder can give each new
 * reader a keyframe. If the source fails, the mount subscribes again; only its completion ends the readers.
 */
export class Mount implements Disposable {
  readonly path: string;
  /** Session id in SDP. Another mount under the same path has another one. */
  readonly number: number;
  readonly info: MountInfo;
  private readonly units$: Observable<AccessUnit>;
  private readonly players = new Set<MountReader>();
  private known: ParameterSets | undefined;

  constructor(path: string, source: Observable<AccessUnit>, info: MountInfo) {
    this.number = Date.now();
    this.path = path;
    this.info = info;
    this.units$ = source.pipe(retry({ delay: () => timer(retryMs) }));
  }

  /** Current number of readers. */
  get readers(): number {
    return this.players.size;
  }

  /**
   * The source's parameter sets: from the last keyframe of its readers, or from the next keyframe.
   * @param options.signal - ends the wait
   * @returns undefined if none arrived in time and none were known
   */
  async parameterSets(options: {
    timeoutMs: number;
    signal: AbortSignal;
  }): Promise<ParameterSets | undefined> {
    if (this.players.size > 0 && this.known) return this.known;
    const over$ = merge(timer(options.timeoutMs), fromEvent(options.signal, 'abort')).pipe(take(1));
    const sets$ = this.units$.pipe(
      filter((unit) => unit.isKeyframe),
      map((unit) => parameterSetsOf(unit.nals)),
      filter((sets) => sets !== undefined),
      takeUntil(over$),
    );
    if (options.signal.aborted) return undefined;
    this.known = (await firstValueFrom(sets$, { defaultValue: undefined })) ?? this.known;
    return this.known;
  }

  /** Sends every access unit of the source to a reader, until it is disposed of or the source ends. */
  play(player: MountReader): Disposable {
    this.players.add(player);
    const subscription = this.units$.subscribe({
      next: (unit) => {
        if (unit.isKeyframe) this.known = parameterSetsOf(unit.nals) ?? this.known;
        player.onUnit(unit);
      },
      complete: () => this.end(player),
    });
    return {
      [Symbol.dispose]: (): void => {
        this.players.delete(player);
        subscription.unsubscribe();
      },
    };
  }

  [Symbol.dispose](): void {
    for (const player of this.players) this.end(player);
  }

  private end(player: MountReader): void {
    if (this.players.delete(player)) player.onEnd();
  }
}
