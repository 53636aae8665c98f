import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { separate } from '../../../src/train/data/picture-planes.ts';
import { assemble } from '../../../src/train/features/cached-batches.ts';
import { packRecord, shapeOf } from '../../../src/train/features/feature-record.ts';
import { meanAb } from '../../../src/train/learn/mean-ab.ts';
import { TrainableNetwork, type NamedWeight } from '../../../src/train/learn/trainable-network.ts';
import { Validation } from '../../../src/train/learn/validation.ts';
import { calibrate, raised } from '../../../src/train/run/calibrate.ts';
import { randomFrom } from '../../../src/train/random.ts';
import { colourfulPicture } from '../../helpers/colourful-picture.ts';

const size = { widthPx: 32, heightPx: 24 };
const grid = [6, 8] as const;
const bins = Float32Array.of(0, 0, 60, 30, -50, 50, 10, -60);
const spec = {
  architecture: 'koalarization',
  head: { kind: 'classification', stride: 4, classes: 4 },
} as const;
const plan = { spec, cuts: ['decoder.2'], embeddingSize: 2, hasNorm: false };

test.before(async () => {
  await openTensorflow('wasm');
});

/** A head that mostly says gray, on the features of one colourful picture. */
const truth = separate(colourfulPicture(size), size);
const random = randomFrom(7);
const record = {
  maps: new Map([
    [
      'decoder.2',
      { shape: [6, 8, 64] as const, data: Float32Array.from({ length: 6 * 8 * 64 }, random.uniform) },
    ],
  ]),
  ab: meanAb(truth.ab, size, 4),
  embedding: Float32Array.of(1, 2),
};
const head: ReadonlyMap<string, NamedWeight> = new Map([
  [
    'head.weight',
    { shape: [4, 64, 1, 1], data: Float32Array.from({ length: 256 }, () => 0.2 * random.normal()) },
  ],
  ['head.bias', { shape: [4], data: Float32Array.of(1.5, 0, 0, 0) }],
  ['head.bins', { shape: [4, 2], data: bins }],
]);

function networkOf(weights: ReadonlyMap<string, NamedWeight>): TrainableNetwork {
  return new TrainableNetwork(plan, (name) => weights.get(name)?.data, 1);
}

test('a head that colours too palely is raised to the liveliness of the truth, and the model has it then', async (t) => {
  const validation = new Validation([
    { ...truth, batch: assemble([packRecord(record)], shapeOf(record), grid) },
  ]);
  using pale = networkOf(head);
  const before = await validation.score(pale, 0.38, new AbortController().signal);
  const { temperature, raise, scores } = calibrate(pale, bins, validation);
  const wanted = 0.95 * validation.truthColourfulness;
  t.true(before.colourfulness < 0.8 * wanted, `${before.colourfulness} of ${wanted}`);
  t.true(raise > 0);
  t.true(Math.abs(scores.colourfulness - wanted) < 0.1 * wanted, `${scores.colourfulness} of ${wanted}`);

  const lively = raised(head, bins, raise);
  t.is(head.get('head.bias')?.data[1], 0, 'the weights that were given stay');
  using network = networkOf(lively);
  const after = await validation.score(network, temperature, new AbortController().signal);
  t.true(Math.abs(after.psnrDb - scores.psnrDb) < 0.01);
  t.true(Math.abs(after.ciede2000 - scores.ciede2000) < 0.01);
  t.true(Math.abs(after.colourfulness - scores.colourfulness) < 0.05);
});

test('a head that shouts is lowered', (t) => {
  const validation = new Validation([
    { ...truth, batch: assemble([packRecord(record)], shapeOf(record), grid) },
  ]);
  const loud = new Map(head).set('head.bias', { shape: [4], data: Float32Array.of(-30, 0, 9, 0) });
  const pale = new Validation([
    { ...truth, ab: truth.ab.map((value) => value / 4), batch: validation.pictures[0]!.batch },
  ]);
  using network = networkOf(loud);
  t.true(calibrate(network, bins, pale).raise < 0);
});
