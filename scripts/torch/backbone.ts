/**
 * Turns a user's own ResNet-34 or EfficientNet-Lite into weights for `train.py --weights`. Usage:
 *
 *   backbone.js FILE OUTPUT.safetensors [--encoder resnet|WIDTH,DEPTH]
 *
 * FILE is an ONNX file, or the model.json of a TensorFlow.js layers model.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { matchBackbone } from '../../src/model/backbone/match-backbone.ts';
import { readBackbone } from '../../src/model/backbone/read-backbone.ts';
import { requireValue } from '../../src/model/require-value.ts';
import { addEfficientNetLite } from '../../src/model/tables/efficientnet-encoder.ts';
import { lumaInput, NodeList, weightShapesOf } from '../../src/model/tables/nodes.ts';
import { addResnet34, resnetPrefix } from '../../src/model/tables/resnet-encoder.ts';
import { writeSafetensors } from '../../src/model/weights/safetensors.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { encoder: { type: 'string', default: 'resnet' } },
});
const [file, output] = positionals;
if (file === undefined || output === undefined) throw new TypeError('expected FILE OUTPUT.safetensors');

const list = new NodeList();
const prefix = addEncoder(list, values.encoder);
const shapes = weightShapesOf(list.nodes, 0);
const weights = matchBackbone(shapes, prefix, await readBackbone(file), file);
const tensors = [...shapes].map(
  ([name, shape]) => [name, { dtype: 'F32', shape, data: requireValue(weights, name) }] as const,
);
await writeFile(output, writeSafetensors(new Map(tensors)));
console.log(`${output}: ${tensors.length} tensors of ${values.encoder}`);

/** Adds the encoder that is asked for; returns the prefix of its layers. */
function addEncoder(to: NodeList, asked: string): string {
  if (asked === 'resnet') {
    addResnet34(to, lumaInput);
    return resnetPrefix;
  }
  const [width = NaN, depth = NaN] = asked.split(',').map(Number);
  if (!(width > 0 && depth > 0))
    throw new TypeError(`--encoder: expected resnet, or WIDTH,DEPTH such as 1,1, but got ${asked}`);
  addEfficientNetLite(to, lumaInput, { width, depth });
  return 'efficientnet.';
}
