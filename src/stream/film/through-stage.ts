import { concat, concatMap, defer, type Observable, type OperatorFunction } from 'rxjs';

/** A step of a pipeline that holds items back: it lets some go when another comes, and the rest at the end. */
export interface Stage<In, Out> {
  /** @returns what may go on now, in order */
  push(item: In): readonly Out[];
  /** @returns all that is left, in order */
  flush(): readonly Out[];
}

/** Passes a stream through a stage: a new one for each subscriber. */
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
