import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { firstValueFrom, from, lastValueFrom, Subject, take, toArray } from 'rxjs';
import { fromPulled, pacedGroups, pacedMap } from '../../../src/stream/film/paced.ts';

/** Promises that a test resolves in any order. */
function makeGates(): {
  project: (value: number) => Promise<string>;
  open: (value: number) => void;
  fail: (value: number) => void;
  started: number[];
} {
  const gates = new Map<number, PromiseWithReject>();
  const started: number[] = [];
  return {
    started,
    project: (value) => {
      started.push(value);
      return new Promise((resolve, reject) => gates.set(value, { resolve, reject }));
    },
    open: (value) => gates.get(value)?.resolve(`done ${value}`),
    fail: (value) => gates.get(value)?.reject(new RangeError(`failed ${value}`)),
  };
}

interface PromiseWithReject {
  readonly resolve: (text: string) => void;
  readonly reject: (error: Error) => void;
}

/** Counts up endlessly. It records how many numbers were requested and whether it was stopped. */
function makeCounter(): { items: AsyncGenerator<number>; state: { asked: number; isStopped: boolean } } {
  const state = { asked: 0, isStopped: false };
  async function* count(): AsyncGenerator<number> {
    try {
      for (;;) {
        await turn();
        yield state.asked++;
      }
    } finally {
      state.isStopped = true;
    }
  }
  return { items: count(), state };
}

test('pacedMap keeps the order when a later promise resolves first', async (t) => {
  const gates = makeGates();
  const results = lastValueFrom(from([0, 1, 2]).pipe(pacedMap(gates.project, 3), toArray()));
  for (const value of [2, 0, 1]) {
    gates.open(value);
    await turn();
  }
  t.deepEqual(await results, ['done 0', 'done 1', 'done 2']);
});

test('pacedMap never has more pending promises than allowed, and starts a new one for each that ends', async (t) => {
  const gates = makeGates();
  const results = lastValueFrom(from([0, 1, 2, 3, 4]).pipe(pacedMap(gates.project, 2), toArray()));
  t.deepEqual(gates.started, [0, 1]);
  gates.open(1);
  await turn();
  t.deepEqual(gates.started, [0, 1, 2]);
  for (const value of [0, 2, 3, 4]) {
    gates.open(value);
    await turn();
  }
  t.is((await results).length, 5);
});

test('pacedMap completes on an empty source', async (t) => {
  t.deepEqual(await lastValueFrom(from<number[]>([]).pipe(pacedMap(makeGates().project, 2), toArray())), []);
});

test('pacedMap passes an error on and then starts no more promises', async (t) => {
  const gates = makeGates();
  const results = lastValueFrom(from([0, 1, 2]).pipe(pacedMap(gates.project, 1), toArray()));
  gates.fail(0);
  await t.throwsAsync(results, { instanceOf: RangeError, message: 'failed 0' });
  t.deepEqual(gates.started, [0]);
});

test('pacedMap starts no more promises after its subscriber has left', async (t) => {
  const gates = makeGates();
  const subscription = from([0, 1]).pipe(pacedMap(gates.project, 1)).subscribe();
  subscription.unsubscribe();
  gates.open(0);
  await turn();
  t.deepEqual(gates.started, [0]);
});

test('pacedGroups takes what waits in groups, starts a single value alone, and keeps the order', async (t) => {
  const groups: number[][] = [];
  const source = new Subject<number>();
  const gates: (() => void)[] = [];
  const grouped = pacedGroups(
    async (values: readonly number[]) => {
      groups.push([...values]);
      await new Promise<void>((resolve) => gates.push(resolve));
      return values.map((value) => value * 10);
    },
    { concurrency: 2, most: 3 },
  );
  const results = lastValueFrom(source.pipe(grouped, toArray()));
  source.next(0);
  await turn();
  for (const value of [1, 2, 3, 4, 5, 6, 7]) source.next(value);
  await turn();
  t.deepEqual(groups, [[0], [1, 2, 3]], 'two groups run');
  gates[1]?.(); // the later group ends first
  await turn();
  t.deepEqual(groups, [[0], [1, 2, 3], [4, 5, 6]]);
  gates[0]?.();
  gates[2]?.();
  await turn();
  source.complete();
  gates[3]?.();
  t.deepEqual(await results, [0, 10, 20, 30, 40, 50, 60, 70]);
  t.deepEqual(groups[3], [7], 'the rest does not wait for others');
});

test('pacedGroups passes an error on and completes on an empty source', async (t) => {
  const failing = pacedGroups<number, number>(() => Promise.reject(new RangeError('failed')), {
    concurrency: 1,
    most: 2,
  });
  await t.throwsAsync(lastValueFrom(from([1, 2, 3]).pipe(failing)), { message: 'failed' });
  t.deepEqual(await lastValueFrom(from<number[]>([]).pipe(failing, toArray())), []);
});

test('fromPulled emits every item in order and completes', async (t) => {
  async function* items(): AsyncGenerator<string> {
    yield 'a';
    await turn();
    yield 'b';
  }
  t.deepEqual(await lastValueFrom(fromPulled(items()).pipe(toArray())), ['a', 'b']);
});

test('fromPulled passes on the error of its source, after the items before it', async (t) => {
  async function* items(): AsyncGenerator<number> {
    await turn();
    yield 1;
    throw new RangeError('the source broke');
  }
  const seen: number[] = [];
  const end = new Promise((resolve) => {
    fromPulled(items()).subscribe({ next: (item) => seen.push(item), error: resolve });
  });
  t.is(((await end) as Error).message, 'the source broke');
  t.deepEqual(seen, [1]);
});

test('fromPulled stops its source and pulls no more when its subscriber leaves', async (t) => {
  const { items, state } = makeCounter();
  t.is(await firstValueFrom(fromPulled(items).pipe(take(3), toArray())).then((all) => all.length), 3);
  for (let i = 0; i < 5; i++) await turn();
  t.true(state.isStopped);
  t.true(state.asked <= 4);
});
