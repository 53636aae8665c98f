import test from 'ava';
import { networkNodes, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { nodesFor } from '../../../src/model/tables/nodes.ts';
import { cutsOf } from '../../../src/train/features/cuts.ts';
import type { TrainablePart } from '../../../src/train/features/trainable-part.ts';

const classification = { kind: 'classification', stride: 4, classes: 9 } as const;
const koalarization: NetworkSpec = { architecture: 'koalarization', head: classification };
const trunk: NetworkSpec = { architecture: 'inception-trunk', head: classification };

/** First parts of the names of the nodes that are trained. */
function trained(spec: NetworkSpec, part: TrainablePart): string[] {
  const nodes = nodesFor(networkNodes(spec), ['ab'], cutsOf(spec, part));
  return [...new Set(nodes.map(({ name }) => name.split('.')[0]!))];
}

test('koalarization: all, all behind the encoder, or what follows the first enlargement', (t) => {
  t.deepEqual(trained(koalarization, 'all'), ['lightness', 'encoder', 'fusion', 'decoder', 'head', 'ab']);
  t.deepEqual(trained(koalarization, 'decoder'), ['fusion', 'decoder', 'head', 'ab']);
  t.deepEqual(trained(koalarization, 'head'), ['decoder', 'head', 'ab']);
});

test('inception-trunk: all behind the trunk, or what follows the join', (t) => {
  t.deepEqual(
    trained(trunk, 'decoder'),
    ['deep', 'scene', 'decoder', 'skip', 'head', 'ab'].sort(byOrder(trunk)),
  );
  t.deepEqual(trained(trunk, 'head'), ['decoder', 'head', 'ab']);
});

test("inception-trunk: the trunk's last block may be trained too, and all before it may not", (t) => {
  const nodes = nodesFor(networkNodes(trunk), ['ab'], cutsOf(trunk, 'trunk')).map(({ name }) => name);
  const ofTrunk = nodes.filter((name) => name.startsWith('trunk.'));
  t.deepEqual([ofTrunk[0], ofTrunk.at(-1), ofTrunk.length], ['trunk.conv2d_61', 'trunk.mixed7', 12]);
  t.throws(() => cutsOf(trunk, 'all'), {
    code: 'USAGE',
    message: /inception-trunk: expected trunk, decoder or head as the part to train but got all/,
  });
  t.throws(() => cutsOf(koalarization, 'trunk'), { code: 'USAGE', message: /koalarization: .* got trunk/ });
});

/** As the network's table has them. */
function byOrder(spec: NetworkSpec): (one: string, other: string) => number {
  const names = [...new Set(networkNodes(spec).map(({ name }) => name.split('.')[0]!))];
  return (one, other) => names.indexOf(one) - names.indexOf(other);
}
