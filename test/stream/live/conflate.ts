import { Subject } from 'rxjs';
import test from 'ava';
import { conflateMap } from '../../../src/stream/live/conflate.ts';

interface Rig {
  readonly source$: Subject<number>;
  readonly started: number[];
  readonly dropped: number[];
  readonly results: string[];
  readonly finish: (value: number) => Promise<void>;
  readonly stop: () => void;
  readonly ends: string[];
}

function makeRig(): Rig {
  const source$ = new Subject<number>();
  const [started, dropped, results, ends]: [number[], number[], string[], string[]] = [[], [], [], []];
  const done = new Map<number, (text: string) => void>();
  const project = (value: number): Promise<string> => {
    started.push(value);
    return new Promise((resolve, reject) =>
      done.set(value, (text) => (value < 0 ? reject(new Error(text)) : resolve(text))),
    );
  };
  const subscription = source$.pipe(conflateMap(project, (value) => dropped.push(value))).subscribe({
    next: (text) => results.push(text),
    error: (error: unknown) => ends.push(error instanceof Error ? error.message : String(error)),
    complete: () => ends.push('complete'),
  });
  const finish = async (value: number): Promise<void> => {
    done.get(value)?.(`done ${value}`);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { source$, started, dropped, results, ends, finish, stop: () => subscription.unsubscribe() };
}

test('while one value is processed, the newest of the others waits and the rest is dropped', async (t) => {
  const rig = makeRig();
  for (const value of [1, 2, 3, 4]) rig.source$.next(value);
  t.deepEqual(rig.started, [1]);
  t.deepEqual(rig.dropped, [2, 3]);
  await rig.finish(1);
  t.deepEqual(rig.started, [1, 4]);
  await rig.finish(4);
  t.deepEqual(rig.results, ['done 1', 'done 4']);
});

test('nothing is dropped when each value is done before the next comes', async (t) => {
  const rig = makeRig();
  for (const value of [1, 2, 3]) {
    rig.source$.next(value);
    await rig.finish(value);
  }
  t.deepEqual(rig.results, ['done 1', 'done 2', 'done 3']);
  t.deepEqual(rig.dropped, []);
});

test('the end of the source waits for the current value and for the waiting one', async (t) => {
  const rig = makeRig();
  rig.source$.next(1);
  rig.source$.next(2);
  rig.source$.complete();
  t.deepEqual(rig.ends, []);
  await rig.finish(1);
  t.deepEqual(rig.ends, []);
  await rig.finish(2);
  t.deepEqual(rig.ends, ['complete']);
});

test('a subscriber that leaves gets nothing more, and the waiting value is dropped', async (t) => {
  const rig = makeRig();
  rig.source$.next(1);
  rig.source$.next(2);
  rig.stop();
  t.deepEqual(rig.dropped, [2]);
  await rig.finish(1);
  t.deepEqual(rig.results, []);
  t.deepEqual(rig.started, [1]);
});

test('a rejection ends the stream with its reason', async (t) => {
  const rig = makeRig();
  rig.source$.next(-1);
  await rig.finish(-1);
  t.deepEqual(rig.ends, ['done -1']);
});
