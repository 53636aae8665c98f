import test from 'ava';
import { networkNodes, sharesTrunk, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { nodesFor } from '../../../src/model/tables/nodes.ts';
import { cutsOf, ownFrozenWeights, ownTrunkOf } from '../../../src/train/features/cuts.ts';
import type { TrainablePart } from '../../../src/train/features/trainable-part.ts';

const classification = { kind: 'classification', stride: 4, classes: 9 } as const;
const koalarization: NetworkSpec = { architecture: 'koalarization', head: classification };
const trunk: NetworkSpec = { architecture: 'inception-trunk', head: classification };
const light: NetworkSpec = {
  architecture: 'efficientnet-lite',
  encoder: { width: 1, depth: 1, enlargement: 1.25 },
  head: classification,
};

/** The first parts of the names of the trained nodes. */
function trained(spec: NetworkSpec, part: TrainablePart): string[] {
  const nodes = nodesFor(networkNodes(spec), ['ab'], cutsOf(spec, part));
  return [...new Set(nodes.map(({ name }) => name.split('.')[0]!))];
}

test('koalarization trains all layers, those after the encoder, or those after the first enlargement', (t) => {
  t.deepEqual(trained(koalarization, 'all'), ['lightness', 'encoder', 'fusion', 'decoder', 'head', 'ab']);
  t.deepEqual(trained(koalarization, 'decoder'), ['fusion', 'decoder', 'head', 'ab']);
  t.deepEqual(trained(koalarization, 'head'), ['decoder', 'head', 'ab']);
});

test('inception-trunk trains the layers after the trunk, or those after the join', (t) => {
  t.deepEqual(
    trained(trunk, 'decoder'),
    ['deep', 'scene', 'decoder', 'skip', 'head', 'ab'].sort(byOrder(trunk)),
  );
  t.deepEqual(trained(trunk, 'head'), ['decoder', 'head', 'ab']);
});

test("inception-trunk: the trunk's last block may be trained too, or all of it", (t) => {
  const nodes = nodesFor(networkNodes(trunk), ['ab'], cutsOf(trunk, 'trunk')).map(({ name }) => name);
  const ofTrunk = nodes.filter((name) => name.startsWith('trunk.'));
  t.deepEqual([ofTrunk[0], ofTrunk.at(-1), ofTrunk.length], ['trunk.conv2d_61', 'trunk.mixed7', 12]);
  t.deepEqual(cutsOf(trunk, 'all'), ['luma']);
  t.throws(() => cutsOf(koalarization, 'trunk'), { code: 'USAGE', message: /koalarization: .* got trunk/ });
});

test('efficientnet-lite trains all layers, those after the encoder, or those after the last join', (t) => {
  t.deepEqual(cutsOf(light, 'all'), ['luma']);
  t.deepEqual(trained(light, 'decoder'), ['deep', 'scene', 'decoder', 'head', 'ab']);
  t.deepEqual(trained(light, 'head'), ['decoder', 'head', 'ab']);
  const needs = nodesFor(networkNodes(light), ['ab'], cutsOf(light, 'decoder')).flatMap(
    ({ inputs }) => inputs,
  );
  t.false(needs.includes('luma'), 'a decoder learns from maps alone');
  t.throws(() => cutsOf(light, 'trunk'), { code: 'USAGE', message: /efficientnet-lite: .* got trunk/ });
});

test("the model's own part of the trunk grows with the trained part, and never shrinks", (t) => {
  const own = ownTrunkOf;
  t.deepEqual([own(trunk, 'decoder'), own(trunk, 'trunk'), own(trunk, 'all')], [undefined, 'mixed6', 'luma']);
  const whole: NetworkSpec = { ...trunk, ownTrunkAfter: 'luma' };
  t.deepEqual([own(whole, 'decoder'), own(whole, 'trunk')], ['luma', 'luma']);
  t.is(own(koalarization, 'all'), undefined);
  t.true(sharesTrunk(trunk) && sharesTrunk({ ...trunk, ownTrunkAfter: 'mixed6' }) && !sharesTrunk(whole));
});

test('if a trunk is all its own, every weight before a cut belongs to the model', (t) => {
  const whole: NetworkSpec = { ...trunk, ownTrunkAfter: 'luma' };
  const names = [...ownFrozenWeights(whole, cutsOf(whole, 'decoder'), 2048).keys()];
  t.deepEqual([names[0], names.at(-1), names.length], ['trunk.conv2d_1.weight', 'trunk.conv2d_70.bias', 140]);
  t.deepEqual([...ownFrozenWeights(trunk, cutsOf(trunk, 'decoder'), 2048)], []);
});

/** In the order of the network's table. */
function byOrder(spec: NetworkSpec): (one: string, other: string) => number {
  const names = [...new Set(networkNodes(spec).map(({ name }) => name.split('.')[0]!))];
  return (one, other) => names.indexOf(one) - names.indexOf(other);
}
