import { addInceptionV3 } from './inception-v3.ts';
import { addClassification } from './koalarization.ts';
import type { ClassificationHead } from './head.ts';
import { conditionSize, lumaInput, NodeList, type Node } from './nodes.ts';

/** The trunk sees the picture enlarged by this factor, with its aspect ratio unchanged. */
const trunkFactor = [3, 2] as const;
/** From the trunk's grid (an eighth of the enlarged picture) to a quarter of the picture. */
const gridFactor = [4, 3] as const;
/**
 * The trunk's strided layers have no padding: from H pixels, `mixed2` has floor((H - 19) / 8) rows, the first around
 * pixel 13. With 9 mirrored pixels before and 14 after, 8 k or 8 k + 4 pixels give rows that cover all of them, each
 * over its own 8 pixels.
 */
const trunkPadding = { before: 9, after: 14 };

/**
 * Uses Inception v3's own maps as the encoder: `mixed7` (what is there) is fused with the scene's embedding, and
 * decoded together with `mixed2` (where it is).
 * @returns from luma [1, h, w], sides of at least 16, to a*, b* [2, h/4, w/4]
 */
export function inceptionTrunk(head: ClassificationHead): Node[] {
  const list = new NodeList();
  let picture = list.add('picture', { kind: 'grayStack' }, lumaInput);
  picture = list.add('picture.enlarged', { kind: 'enlarge', factor: trunkFactor }, picture);
  picture = list.add('picture.padded', { kind: 'reflectPad', ...trunkPadding }, picture);
  const { mixed2, mixed7 } = addInceptionV3(list, picture);

  let deep = list.conv('deep', mixed7, [768, conditionSize], { kernel: [1, 1] });
  deep = list.add('scene', { kind: 'condition', weight: 'scene.weight', bias: 'scene.bias' }, deep);
  deep = list.conv('decoder.0', deep, [conditionSize, 128]);
  const skip = list.conv('skip', mixed2, [288, 128], { kernel: [1, 1] });
  deep = list.add('decoder.0.resized', { kind: 'resizeLike' }, deep, skip);

  let x = list.add('decoder.1.input', { kind: 'concat' }, skip, deep);
  x = list.conv('decoder.1', x, [256, 128]);
  x = list.conv('decoder.2', x, [128, 96]);
  x = list.add('decoder.2.grid', { kind: 'enlarge', factor: gridFactor }, x);
  addClassification(list, x, 96, head);
  return list.nodes;
}
