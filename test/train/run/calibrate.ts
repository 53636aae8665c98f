import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { separate } from '../../../src/train/dataset/pictures/picture-planes.ts';
import { assemble } from '../../../src/train/features/cached-batches.ts';
import { packRecord, shapeOf } from '../../../src/train/features/feature-record.ts';
import { meanAb } from '../../../src/train/features/mean-ab.ts';
import type { NamedWeight } from '../../../src/train/learn/layers/trainable-layers.ts';
import { TrainableNetwork } from '../../../src/train/learn/trainable-network.ts';
import { Validation } from '../../../src/train/learn/validation.ts';
import { calibrate, raised } from '../../../src/train/run/calibrate.ts';
import { colourfulPicture } from '../../helpers/colourful-picture.ts';

const size = { widthPx: 128, heightPx: 96 };
const grid = [24, 32] as const;
const places = 24 * 32;
const spec = {
  architecture: 'koalarization',
  head: { kind: 'classification', stride: 4, classes: 5 },
} as const;
const plan = { spec, cuts: ['decoder.2'], embeddingSize: 2, hasNorm: false };

/** A colourful picture, classes for gray and four of its colours, and features that tell which class is near. */
const truth = separate(colourfulPicture(size), size);
const ab = meanAb(truth.ab, size, 4);
const things = [
  [2, 18],
  [7, 7],
  [15, 22],
  [22, 18],
].map(([row = 0, column = 0]) => row * grid[1] + column);
const bins = Float32Array.of(0, 0, ...things.flatMap((place) => [ab[place]!, ab[places + place]!]));
const data = new Float32Array(places * 64);
for (let place = 0; place < places; place++) {
  for (let k = 0; k < 5; k++) {
    const distance = Math.hypot(ab[place]! - bins[2 * k]!, ab[places + place]! - bins[2 * k + 1]!);
    data[place * 64 + k] = 2 - distance / 30;
  }
}
const record = {
  maps: new Map([['decoder.2', { shape: [...grid, 64] as const, data }]]),
  ab,
  embedding: Float32Array.of(1, 2),
};
const batch = assemble([packRecord(record)], shapeOf(record), grid);

/** A head that chooses the nearest class, but prefers gray by this much. */
function headOf(grayBias: number): ReadonlyMap<string, NamedWeight> {
  const weight = new Float32Array(5 * 64);
  for (let k = 0; k < 5; k++) weight[k * 64 + k] = 1;
  return new Map([
    ['head.weight', { shape: [5, 64, 1, 1], data: weight }],
    ['head.bias', { shape: [5], data: Float32Array.of(grayBias, 0, 0, 0, 0) }],
    ['head.bins', { shape: [5, 2], data: bins }],
  ]);
}

function networkOf(weights: ReadonlyMap<string, NamedWeight>): TrainableNetwork {
  return new TrainableNetwork(plan, (name) => weights.get(name)?.data, 1);
}

/** A signal that is never aborted. */
const { signal } = new AbortController();

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

test('a head that colours too palely is raised to the colourfulness of the truth, and the model keeps it', async (t) => {
  const validation = new Validation([{ ...truth, batch }]);
  const head = headOf(1);
  using pale = networkOf(head);
  const before = await validation.score(pale, 0.38, new AbortController().signal);
  const told: [number, number][] = [];
  const calibrated = await calibrate(pale, {
    bins,
    validation,
    trained: { temperature: 0.38, fade: 0 },
    signal,
    onProgress: (done, total) => told.push([done, total]),
  });
  t.deepEqual(
    told,
    Array.from({ length: 9 }, (_, i) => [i + 1, 9]),
  );
  const { temperature, raise, scores } = calibrated;
  const wanted = validation.truthColourfulness;
  t.true(before.colourfulness < 0.8 * wanted, `${before.colourfulness} of ${wanted}`);
  t.true(raise > 0);
  t.true(Math.abs(scores.colourfulness - wanted) < 0.1 * wanted, `${scores.colourfulness} of ${wanted}`);
  t.true(scores.ciede2000 < before.ciede2000);

  const lively = raised(head, bins, raise);
  t.is(head.get('head.bias')?.data[1], 0, 'the weights that are fixed stay');
  using network = networkOf(lively);
  const after = await validation.score(network, temperature, new AbortController().signal);
  t.true(Math.abs(after.psnrDb - scores.psnrDb) < 0.01);
  t.true(Math.abs(after.ciede2000 - scores.ciede2000) < 0.01);
  t.true(Math.abs(after.colourfulness - scores.colourfulness) < 0.05);
});

test("a head is raised to a part of the truth's liveliness on request", async (t) => {
  using pale = networkOf(headOf(1));
  const validation = new Validation([{ ...truth, batch }]);
  const trained = { temperature: 0.38, fade: 0 };
  const at = async (liveliness: number): Promise<number> => {
    const { scores } = await calibrate(pale, { bins, validation, trained, signal, liveliness });
    return scores.colourfulness / validation.truthColourfulness;
  };
  const [some, most] = [await at(0.8), await at(0.95)];
  t.true(Math.abs(some - 0.8) < 0.03, `${some}`);
  t.true(Math.abs(most - 0.95) < 0.03, `${most}`);
});

test('a head that colours too strongly is lowered', async (t) => {
  const pale = { ...truth, ab: truth.ab.map((value) => value / 4), batch };
  using network = networkOf(headOf(0));
  const trained = { temperature: 0.38, fade: 0 };
  t.true((await calibrate(network, { bins, validation: new Validation([pale]), trained, signal })).raise < 0);
});

test('a head with wrong colours stays as it was trained', async (t) => {
  const opposite = { ...truth, ab: truth.ab.map((value) => -value), batch };
  using network = networkOf(headOf(1));
  const trained = { temperature: 0.31, fade: 0 };
  const { temperature, raise } = await calibrate(network, {
    bins,
    validation: new Validation([opposite]),
    trained,
    signal,
  });
  t.is(temperature, 0.31);
  t.is(raise, 0);
});

test('an aborted calibration ends at once', async (t) => {
  using network = networkOf(headOf(1));
  const stop = new AbortController();
  const reason = new Error('enough');
  const validation = new Validation([{ ...truth, batch }]);
  const calibrating = calibrate(network, {
    bins,
    validation,
    trained: { temperature: 0.31, fade: 0 },
    signal: stop.signal,
    onProgress: (done) => done === 2 && stop.abort(reason),
  });
  t.is(await t.throwsAsync(calibrating), reason);
});
