import test from 'ava';
import {
  assignCameras,
  type AssignableCamera,
  type AssigningMachine,
} from '../../../../src/stream/serve/cluster/assign-cameras.ts';

type Machines = readonly AssigningMachine[];

const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `c${String(i).padStart(3, '0')}`);
const free = (count: number): AssignableCamera[] =>
  ids(count).map((id) => ({ id, holder: undefined, only: undefined }));

/** Takes all, then moves one camera after another until nothing moves. @returns the moves */
function settle(
  cameras: AssignableCamera[],
  machines: Machines,
): { cameras: AssignableCamera[]; moves: number } {
  for (let moves = 0; moves < 1000; moves++) {
    const { takes, move } = assignCameras(cameras, machines);
    cameras = cameras.map((camera) => ({
      ...camera,
      holder: move?.camera === camera.id ? move.to : (takes.get(camera.id) ?? camera.holder),
    }));
    if (move === undefined) return { cameras, moves };
  }
  throw new Error('cameras go back and forth');
}

function counts(cameras: readonly AssignableCamera[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const { holder = 'nobody' } of cameras) result[holder] = (result[holder] ?? 0) + 1;
  return result;
}

const a = { name: 'a', weight: 1 };
const b = { name: 'b', weight: 1 };
const big = { name: 'big', weight: 4 };

test('cameras are shared by the weights of the machines', (t) => {
  t.deepEqual(counts(settle(free(12), [a, b]).cameras), { a: 6, b: 6 });
  t.deepEqual(counts(settle(free(12), [a, b, big]).cameras), { a: 2, b: 2, big: 8 });
  t.deepEqual(counts(settle(free(3), []).cameras), { nobody: 3 });
});

test('if a machine is lost, only its cameras get another one', (t) => {
  const before = settle(free(12), [a, b, big]).cameras;
  const { cameras, moves } = settle(before, [a, big]);
  t.is(moves, 0);
  for (const [i, { holder }] of before.entries()) if (holder !== 'b') t.is(cameras[i]?.holder, holder);
  t.deepEqual(counts(cameras), { a: 2, big: 10 });
});

test('a machine that joins gets its share with as few moves as there are cameras in it', (t) => {
  const before = settle(free(12), [a]).cameras;
  const { cameras, moves } = settle(before, [a, b]);
  t.is(moves, 6);
  t.deepEqual(counts(cameras), { a: 6, b: 6 });
});

test('nothing moves if the balance would hardly be better', (t) => {
  const cameras = ids(21).map((id, i) => ({ id, holder: i < 11 ? 'a' : 'b', only: undefined }));
  t.is(assignCameras(cameras, [a, b]).move, undefined);
  t.is(assignCameras(cameras, [a, { ...b, weight: 1.05 }]).move, undefined);
});

test('no camera goes back and forth, whatever the weights are', (t) => {
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let run = 0; run < 200; run++) {
    const machines = ids(1 + Math.floor(random() * 6)).map((name) => ({ name, weight: 0.2 + random() * 20 }));
    const start = free(Math.floor(random() * 40)).map((camera) => ({
      ...camera,
      holder: machines[Math.floor(random() * machines.length)]?.name,
    }));
    t.true(settle(start, machines).moves <= start.length);
  }
});

test('a camera with a machine of its own is only there', (t) => {
  const desk = { id: 'desk', holder: undefined, only: 'b' };
  t.is(assignCameras([desk], [a]).takes.size, 0);
  t.is(assignCameras([desk], [a, b]).takes.get('desk'), 'b');
  t.deepEqual(assignCameras([{ ...desk, holder: 'a' }], [a, b]).move, { camera: 'desk', from: 'a', to: 'b' });
  const all = settle([...free(5), desk], [a, b]).cameras;
  t.deepEqual(counts(all), { a: 3, b: 3 });
});
