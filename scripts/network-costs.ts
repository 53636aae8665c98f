/** Prints what each network costs for a picture of 256 x 144, as the table of docs/methods.md. */
import { critic, criticInput } from '../src/model/tables/critic.ts';
import { inceptionResnetSide, inceptionResnetV2 } from '../src/model/tables/inception-resnet-v2.ts';
import type { MapShape } from '../src/model/tables/map-shapes.ts';
import { costOf } from '../src/model/tables/network-cost.ts';
import { networkNodes, type NetworkSpec } from '../src/model/tables/network.ts';
import { lumaInput, nodesFor, type Node } from '../src/model/tables/nodes.ts';

/** Length of the bundled embedding network's vector. */
const embeddingSize = 2048;
const classification = { kind: 'classification', stride: 4, classes: 189 } as const;
const regression = { kind: 'regression', stride: 2 } as const;
const encoder = { width: 1, depth: 1, enlargement: 1.25 } as const;

const specs: readonly (readonly [title: string, spec: NetworkSpec])[] = [
  ['koalarization', { architecture: 'koalarization', head: classification }],
  ['inception-trunk', { architecture: 'inception-trunk', head: classification }],
  ['efficientnet-lite', { architecture: 'efficientnet-lite', head: classification, encoder }],
  ['zhang-2016', { architecture: 'zhang-2016', head: { ...classification, classes: 313 } }],
  ['iizuka-2016', { architecture: 'iizuka-2016', head: regression }],
  ['resnet-unet', { architecture: 'resnet-unet', head: classification }],
  ['resnet-unet, attention', { architecture: 'resnet-unet', head: classification, hasAttention: true }],
];

for (const [title, spec] of specs)
  print(title, nodesFor(networkNodes(spec), ['ab']), [lumaInput, [1, 144, 256]]);
print('critic', critic(), [criticInput, [3, 144, 256]]);
print('inception-resnet-v2', inceptionResnetV2(), [lumaInput, [1, inceptionResnetSide, inceptionResnetSide]]);

function print(title: string, nodes: readonly Node[], input: readonly [string, MapShape]): void {
  const { multiplyAdds, parameters } = costOf(nodes, new Map([input]), embeddingSize);
  console.log(`| ${title} | ${(multiplyAdds / 1e9).toFixed(2)} | ${(parameters / 1e6).toFixed(1)} |`);
}
