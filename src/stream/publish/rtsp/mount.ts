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

/** What a mount's description says to people. */
export interface MountInfo {
  /** Title that players show; default: the path. */
  readonly name?: string;
  /** A sentence about the content, such as that its colour is synthetic. */
  readonly info?: string;
}

/** Who plays a mount. */
export interface MountReader {
  readonly onUnit: (unit: AccessUnit) => void;
  /** The mount is gone, or its source has ended. */
  readonly onEnd: () => void;
}

const retryMs = 1000;

/**
 * A source under a path. Every player subscribes to the source by itself, so that a source which shares one encoder
 * can give each new one a keyframe. A source that fails is subscribed to again; only its completion ends the players.
 */
export class Mount implements Disposable {
  readonly path: string;
  /** Of this mount in SDP: another one under the same path has another. */
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

  /** Players at this moment. */
  get readers(): number {
    return this.players.size;
  }

  /**
   * The source's parameter sets: those of its players' last keyframe, else of its next one.
   * @param options.signal - ends the wait
   * @returns undefined when none came in time and none were known
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

  /** Hands every access unit of the source to a player, until it is disposed of or the source ends. */
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
