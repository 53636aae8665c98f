import { Observable, type OperatorFunction } from 'rxjs';

/**
 * Maps through promises one at a time; what comes meanwhile waits in a single slot, in which the newest wins. The only
 * backpressure that a live picture bears: nothing is ever old, and memory is bounded by two values.
 * @param project - its rejection ends the stream
 * @param drop - takes what lost its place to a newer value, or was waiting when the subscriber left
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
