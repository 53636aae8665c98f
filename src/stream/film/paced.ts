import { Observable, type OperatorFunction } from 'rxjs';

/**
 * Maps through promises with a bounded number under way, in the order of the source.
 *
 * RxJS's `mergeMap` forgets the order and `concatMap` does one at a time. What waits here is bounded by
 * what the source may have out (the frame pool), not by this operator.
 * @param concurrency - projections under way at once
 */
export function pacedMap<In, Out>(
  project: (value: In) => Promise<Out>,
  concurrency: number,
): OperatorFunction<In, Out> {
  return (source) =>
    new Observable<Out>((subscriber) => {
      const waiting: In[] = [];
      const results: { done: boolean; value?: Out }[] = [];
      let running = 0;
      let sourceDone = false;

      const emitReady = (): void => {
        while (results[0]?.done) subscriber.next(results.shift()?.value as Out);
        if (sourceDone && results.length === 0 && waiting.length === 0) subscriber.complete();
      };
      const start = (value: In): void => {
        const slot: { done: boolean; value?: Out } = { done: false };
        results.push(slot);
        running++;
        project(value).then(
          (result) => {
            running--;
            slot.done = true;
            slot.value = result;
            if (subscriber.closed) return;
            const next = waiting.shift();
            if (next !== undefined) start(next);
            emitReady();
          },
          (error: unknown) => subscriber.error(error),
        );
      };
      return source.subscribe({
        next: (value) => {
          if (running < concurrency && waiting.length === 0) start(value);
          else waiting.push(value);
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
 * Turns an async iterable into an observable without reading ahead: the next item is asked for when the
 * subscriber has returned from the last. `from(iterable)` does that too, but cannot be stopped while it
 * waits; here unsubscribing calls `return()` and whoever made the iterable aborts its wait.
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
