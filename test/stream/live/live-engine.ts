import test from 'ava';
import type { Colorizer } from '../../../src/model/colorizer.ts';
import { LiveEngine, type ColorRequest } from '../../../src/stream/live/live-engine.ts';

const size = { widthPx: 8, heightPx: 8 };

/** A network whose calls end when the test says so; answers carry the picture's first byte. */
function manualNetwork(): {
  network: Pick<Colorizer, 'colorize'>;
  calls: number[][];
  finish: (error?: Error) => Promise<void>;
} {
  const calls: number[][] = [];
  const ends: ((error?: Error) => void)[] = [];
  const network: Pick<Colorizer, 'colorize'> = {
    colorize: ({ pictures }) => {
      calls.push(pictures.map((picture) => picture[0] ?? -1));
      return new Promise((resolve, reject) =>
        ends.push((error) =>
          error ? reject(error) : resolve(pictures.map((picture) => Float32Array.of(picture[0] ?? -1))),
        ),
      );
    },
  };
  const finish = async (error?: Error): Promise<void> => {
    ends.shift()?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { network, calls, finish };
}

function request(
  network: Pick<Colorizer, 'colorize'>,
  value: number,
  changes: Partial<ColorRequest> = {},
): ColorRequest {
  const picture = new Uint8Array(64).fill(value);
  return { network, size, picture, condition: new Float32Array(256), ...changes };
}

function makeEngine(batchSize: number, maxWaitMs: number, errors: unknown[] = []): LiveEngine {
  return new LiveEngine({ batchSize, maxWaitMs, onError: (error) => errors.push(error) });
}

test('pictures of several cameras go through the network in one call', async (t) => {
  using engine = makeEngine(4, 10_000);
  const { network, calls, finish } = manualNetwork();
  const tickets = [1, 2, 3, 4].map((value) => engine.ask(request(network, value)));
  t.deepEqual(calls, [[1, 2, 3, 4]], 'a full call leaves at once');
  await finish();
  const answers = await Promise.all(tickets.map(({ answer }) => answer));
  t.deepEqual(
    answers.map((answer) => answer?.[0]),
    [1, 2, 3, 4],
  );
});

test('a picture waits for others no longer than the limit', async (t) => {
  using engine = makeEngine(4, 30);
  const { network, calls } = manualNetwork();
  const startMs = performance.now();
  engine.ask(request(network, 1));
  t.deepEqual(calls, []);
  while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  t.true(performance.now() - startMs >= 29);
  t.deepEqual(calls, [[1]]);
});

test('while a call runs the next one fills, and cameras are served in order', async (t) => {
  using engine = makeEngine(2, 0);
  const { network, calls, finish } = manualNetwork();
  for (const value of [1, 2, 3, 4, 5]) engine.ask(request(network, value));
  t.is(engine.waiting, 4);
  for (let i = 0; i < 3; i++) await finish();
  t.deepEqual(calls, [[1], [2, 3], [4, 5]]);
});

test('the camera with most that moves or is new goes first, and one that waits long gets its turn', async (t) => {
  using engine = makeEngine(1, 0);
  const { network, calls, finish } = manualNetwork();
  for (const [value, need] of [
    [1, 0],
    [2, 0],
    [3, 0.5],
    [4, 0.1],
  ] as const)
    engine.ask(request(network, value, { need }));
  await finish();
  await finish();
  t.deepEqual(calls, [[1], [3], [4]]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  engine.ask(request(network, 5, { need: 0.5 }));
  await finish();
  t.deepEqual(
    calls.at(-1),
    [2],
    'a still picture that has waited 200 ms comes before one that moves and is new',
  );
});

test('a newer picture replaces a waiting one, but not one in progress', async (t) => {
  using engine = makeEngine(1, 0);
  const { network, calls, finish } = manualNetwork();
  const first = engine.ask(request(network, 1));
  const second = engine.ask(request(network, 2));
  t.false(first.renew({ picture: new Uint8Array(64).fill(9), condition: new Float32Array(256) }));
  t.true(second.renew({ picture: new Uint8Array(64).fill(7), condition: new Float32Array(256) }));
  await finish();
  await finish();
  t.deepEqual(calls, [[1], [7]]);
  t.is((await second.answer)?.[0], 7);
});

test('a cancelled ticket is skipped and gets no answer', async (t) => {
  using engine = makeEngine(1, 0);
  const { network, calls, finish } = manualNetwork();
  engine.ask(request(network, 1));
  const second = engine.ask(request(network, 2));
  second.cancel();
  t.is(await second.answer, undefined);
  await finish();
  t.deepEqual(calls, [[1]]);
});

test('pictures of different sizes and networks go in different calls, in turn', async (t) => {
  using engine = makeEngine(4, 0);
  const a = manualNetwork();
  const b = manualNetwork();
  engine.ask(request(a.network, 1));
  engine.ask(request(b.network, 2));
  engine.ask(request(a.network, 3, { size: { widthPx: 16, heightPx: 4 } }));
  engine.ask(request(b.network, 4));
  await a.finish();
  await b.finish();
  await a.finish();
  t.deepEqual(a.calls, [[1], [3]]);
  t.deepEqual(b.calls, [[2, 4]]);
});

test('a failed call is reported once, its cameras get nothing, and the next call follows', async (t) => {
  const errors: unknown[] = [];
  using engine = makeEngine(1, 0, errors);
  const { network, calls, finish } = manualNetwork();
  const first = engine.ask(request(network, 1));
  const failure = new Error('device lost');
  await finish(failure);
  t.is(await first.answer, undefined);
  t.deepEqual(errors, [failure]);
  engine.ask(request(network, 2));
  t.is(calls.length, 1, 'not at once: a device that is lost is not asked in a loop');
  while (calls.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
  t.deepEqual(calls, [[1], [2]]);
});

test('a closed engine gives no answers', async (t) => {
  const engine = makeEngine(4, 10_000);
  const { network, calls } = manualNetwork();
  const waiting = engine.ask(request(network, 1));
  engine[Symbol.dispose]();
  t.is(await waiting.answer, undefined);
  t.is(await engine.ask(request(network, 2)).answer, undefined);
  t.deepEqual(calls, []);
});

test('palettes follow the pictures that came before them, and take turns with those that came later', async (t) => {
  using engine = makeEngine(2, 0);
  const { network, calls, finish } = manualNetwork();
  const turns: string[] = [];
  const palette = (name: string): Promise<string> =>
    engine.between(() => {
      turns.push(`${name} after call ${calls.length}`);
      return Promise.resolve(name);
    }, new AbortController().signal);
  for (const value of [1, 2, 3]) engine.ask(request(network, value));
  const names = Promise.all(['a', 'b', 'c'].map(palette));
  engine.ask(request(network, 4));
  t.deepEqual(turns, [], 'a call runs');
  await finish();
  t.deepEqual(turns, [], 'pictures waited when the palettes came');
  await finish();
  t.deepEqual(turns, ['a after call 2'], 'and then the picture that came later');
  await finish();
  t.deepEqual(await names, ['a', 'b', 'c']);
  t.deepEqual(turns, ['a after call 2', 'b after call 3', 'c after call 3'], 'nothing else waits');
  t.deepEqual(calls, [[1], [2, 3], [4]]);
});

test('a palette does not overtake a picture that waits for others', async (t) => {
  using engine = makeEngine(4, 30);
  const { network, calls, finish } = manualNetwork();
  engine.ask(request(network, 1));
  let callsBefore = -1;
  const done = engine.between(() => {
    callsBefore = calls.length;
    return Promise.resolve();
  }, new AbortController().signal);
  while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  t.is(callsBefore, -1);
  await finish();
  await done;
  t.is(callsBefore, 1);
});

test('a palette that nobody needs any more does not start, and a failure reaches the caller', async (t) => {
  const errors: unknown[] = [];
  using engine = makeEngine(1, 0, errors);
  const { network, calls, finish } = manualNetwork();
  engine.ask(request(network, 1));
  const unwanted = new AbortController();
  let isBegun = false;
  const left = engine.between(() => {
    isBegun = true;
    return Promise.resolve();
  }, unwanted.signal);
  unwanted.abort();
  await t.throwsAsync(left, { any: true, name: 'AbortError' });
  await t.throwsAsync(
    engine.between(() => Promise.resolve(), unwanted.signal),
    { any: true, name: 'AbortError' },
  );
  const failing = engine.between(() => Promise.reject(new Error('no device')), new AbortController().signal);
  await finish();
  await t.throwsAsync(failing, { message: 'no device' });
  t.false(isBegun);
  engine.ask(request(network, 2));
  t.deepEqual(calls, [[1], [2]]);
  t.deepEqual(errors, []);
});
