import { Observable, type OperatorFunction } from 'rxjs';

/**
 * Maps values through promises, one at a time. Meanwhile a single slot keeps the newest value. This backpressure suits
 * live pictures: nothing gets old, and memory is bounded by two values.
 * @param project - a rejection ends the stream
 * @param drop - receives values that a newer one replaced, or that still waited when the subscriber left
 */
export function conflateMap<In, Out>(
  project: (value: In) => Promise<Out>,
  drop: (value: In) => void,
): OperatorFunction<In, Out> {
  return (source) =>
    new Observable<Out>((subscriber) => {
      let isRunning = false;
      let waiting: { value: In } | undefined;
      let isSourceDone = false;

      const run = (value: In): void => {
        isRunning = true;
        project(value).then(
          (result) => {
            isRunning = false;
            subscriber.next(result);
            if (subscriber.closed) return;
            const next = waiting;
            waiting = undefined;
            if (next) run(next.value);
            else if (isSourceDone) subscriber.complete();
          },
          (error: unknown) => subscriber.error(error),
        );
      };
      subscriber.add(() => {
        if (waiting) drop(waiting.value);
        waiting = undefined;
      });
      subscriber.add(
        source.subscribe({
          next: (value) => {
            if (!isRunning) {
              run(value);
              return;
            }
            if (waiting) drop(waiting.value);
            waiting = { value };
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            isSourceDone = true;
            if (!isRunning) subscriber.complete();
          },
        }),
      );
    });
}
