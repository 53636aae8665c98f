import { concat, concatMap, defer, Observable, type OperatorFunction } from 'rxjs';
import { AppError } from '../../errors.ts';

/**
 * Maps through promises, with a limited number at the same time, and keeps the order of the source.
 * RxJS's `mergeMap` loses the order, and `concatMap` runs one at a time. What waits here is limited by what the
 * source may have in use (the frame pool), not by this operator.
 * @param concurrency - projections at the same time
 */
export function pacedMap<In, Out>(
  project: (value: In) => Promise<Out>,
  concurrency: number,
): OperatorFunction<In, Out> {
  const each = (values: readonly In[]): Promise<Out[]> => Promise.all(values.map(project));
  return pacedGroups(each, { concurrency, most: 1 });
}

/** Groups of {@link pacedGroups}. */
export interface PacedGroups {
  /** Groups that are projected at the same time. */
  readonly concurrency: number;
  /** Values in a group. */
  readonly most: number;
}

/**
 * The same as {@link pacedMap}, but it takes the values that wait in groups: a message to a thread costs as much as a
 * small task. No value waits for others to come, so a slow source gives groups of one.
 * @param project - returns a result for each value, in the same order
 */
export function pacedGroups<In, Out>(
  project: (values: readonly In[]) => Promise<readonly Out[]>,
  { concurrency, most }: PacedGroups,
): OperatorFunction<In, Out> {
  return (source) =>
    new Observable<Out>((subscriber) => {
      const waiting: In[] = [];
      const results: { values?: readonly Out[] }[] = [];
      let running = 0;
      let willStart = false;
      let sourceDone = false;

      const emitReady = (): void => {
        while (results[0]?.values) for (const value of results.shift()?.values ?? []) subscriber.next(value);
        if (sourceDone && results.length === 0 && waiting.length === 0) subscriber.complete();
      };
      const start = (values: readonly In[]): void => {
        const slot: { values?: readonly Out[] } = {};
        results.push(slot);
        running++;
        project(values).then(
          (done) => {
            running--;
            slot.values = done;
            if (subscriber.closed) return;
            startWaiting();
            emitReady();
          },
          (error: unknown) => subscriber.error(error),
        );
      };
      const startWaiting = (): void => {
        willStart = false;
        while (!subscriber.closed && running < concurrency && waiting.length > 0)
          start(waiting.splice(0, most));
      };
      return source.subscribe({
        next: (value) => {
          waiting.push(value);
          if (willStart || running >= concurrency) return;
          if (most === 1) {
            startWaiting();
            return;
          }
          willStart = true;
          queueMicrotask(startWaiting); // values that come together form groups
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => {
          sourceDone = true;
          emitReady();
        },
      });
    });
}

/**
 * Turns an async iterable into an observable without reading ahead: the next item is requested when the subscriber
 * has returned from the last. `from(iterable)` does that too, but cannot be stopped while it waits. Here
 * unsubscribing calls `return()`, and the maker of the iterable aborts its wait.
 */
export function fromPulled<T>(iterable: AsyncIterable<T>): Observable<T> {
  return new Observable<T>((subscriber) => {
    const iterator = iterable[Symbol.asyncIterator]();
    const pump = async (): Promise<void> => {
      for (;;) {
        const item = await iterator.next();
        if (item.done) return;
        if (subscriber.closed) return;
        subscriber.next(item.value);
      }
    };
    pump().then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      iterator.return?.().catch(() => undefined);
    };
  });
}

/** Items that an observable may send before they are requested. */
const mostWaiting = 256;

/**
 * Turns an observable into an async iterable for one use. Leaving the loop unsubscribes.
 * @param options.most - items that may wait; more are an error, because an observable cannot be slowed down
 * @throws {AppError} USAGE when too many items wait; the signal's reason when it is aborted
 */
export async function* pullFrom<T>(
  items$: Observable<T>,
  { most = mostWaiting, signal }: { readonly most?: number; readonly signal?: AbortSignal } = {},
): AsyncGenerator<T, void, undefined> {
  const waiting: T[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
  const stop = (error: unknown): void => {
    end ??= { error };
    wake();
  };
  const onAbort = (): void => stop(signal?.reason);
  const subscription = items$.subscribe({
    next: (item) => {
      waiting.push(item);
      if (waiting.length > most) stop(tooFast(most));
      wake();
    },
    error: stop,
    complete: () => {
      end ??= {};
      wake();
    },
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    for (;;) {
      if (end && 'error' in end) throw end.error;
      const item = waiting.shift();
      if (item !== undefined) yield item;
      else if (end) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    subscription.unsubscribe();
  }
}

function tooFast(most: number): AppError {
  return new AppError('USAGE', `frames: more than ${most} wait, and an Observable cannot be held back`, {
    cure: 'give an async iterable, which is read only as fast as frames are coloured',
  });
}

/** A step of a pipeline that holds items back: it releases some when another one comes, and the rest at the end. */
export interface Stage<In, Out> {
  /** @returns items that may continue now, in order */
  push(item: In): readonly Out[];
  /** @returns all remaining items, in order */
  flush(): readonly Out[];
}

/** Passes a stream through a stage; each subscriber gets a new one. */
export function throughStage<In, Out>(makeStage: () => Stage<In, Out>): OperatorFunction<In, Out> {
  return (items$: Observable<In>) =>
    defer(() => {
      const stage = makeStage();
      return concat(
        items$.pipe(concatMap((item) => stage.push(item))),
        defer(() => stage.flush()),
      );
    });
}
