/**
 * Makes a model from the result of `train.py`: calibrates its head on the validation pictures of a set, and writes the
 * folder. Usage:
 *
 *   import.js MODEL NAME VERSION SET OUTPUT FILE [--encoder WIDTH,DEPTH,ENLARGEMENT] [--liveliness 0.8]
 *     [--objective delivered] [--judges 1000] [--description TEXT] [--trained-on TEXT] [--licence TEXT]
 *
 * `--encoder`: FILE belongs to an efficientnet-lite with an encoder of this size, whatever MODEL is; `--architecture`,
 * `--width` and `--attention` name another network, as for export.js. `--liveliness`: the
 * colourfulness to calibrate to, as a share of the truth's; 1 by default. `--objective`: the objective that train.py used
 * for FILE. `--judges`: calibrate with at most this many pictures, 1000 by default; the liveliness of 300 pictures still
 * differs by 5 % from one random choice to the next. Texts that you do not set are taken from MODEL.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { loadModel } from '../../src/model/model.ts';
import { requireValue } from '../../src/model/require-value.ts';
import { decodeFloats, readSafetensors } from '../../src/model/weights/safetensors.ts';
import { weightShapes } from '../../src/model/tables/network.ts';
import { lumaInput } from '../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../src/model/tfjs/backend.ts';
import { openDataset } from '../../src/train/dataset/dataset.ts';
import { saveModel, type ManifestFacts } from '../../src/train/learn/save-model.ts';
import type { NamedWeight } from '../../src/train/learn/layers/trainable-layers.ts';
import { TrainableNetwork } from '../../src/train/learn/trainable-network.ts';
import { Validation } from '../../src/train/learn/validation.ts';
import { calibrate, raised } from '../../src/train/run/calibrate.ts';
import { metricsOf } from '../../src/train/run/export-model.ts';
import { lumaPicture } from '../../src/train/run/validation-pictures.ts';
import { networkOptions, trainedNetwork } from './trained-network.ts';

/** The annealed mean in `train.py`, by objective. */
const annealedMeans = {
  rebalanced: { temperature: 0.38, fade: 0 },
  delivered: { temperature: 0.2, fade: 2 },
} as const;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    ...networkOptions,
    liveliness: { type: 'string', default: '1' },
    objective: { type: 'string', default: 'rebalanced' },
    judges: { type: 'string', default: '1000' },
    description: { type: 'string' },
    'trained-on': { type: 'string' },
    licence: { type: 'string' },
  },
});
const [from, name, version, set, output, file] = positionals;
if (
  from === undefined ||
  name === undefined ||
  version === undefined ||
  set === undefined ||
  output === undefined ||
  file === undefined
)
  throw new TypeError('expected MODEL NAME VERSION SET OUTPUT FILE');

const { objective } = values;
if (objective !== 'rebalanced' && objective !== 'delivered')
  throw new TypeError(`--objective: expected rebalanced or delivered but got ${objective}`);

const { manifest } = await loadModel(from);
const { embedding } = manifest;
const { spec, head, input } = trainedNetwork(manifest, values);

const learnt = readSafetensors(await readFile(file), file);
const weights = new Map<string, NamedWeight>();
for (const [tensor, shape] of weightShapes(spec, embedding.size)) {
  const stored = learnt.get(tensor);
  if (stored === undefined) throw new TypeError(`${file}: expected a tensor ${tensor}`);
  weights.set(tensor, { shape, data: decodeFloats(stored, `${file}: ${tensor}`) });
}
await openTensorflow('auto');
const samples = await (await openDataset(set)).spreadSamples('validation', Number(values.judges));
const validation = new Validation(samples.map((sample) => lumaPicture(sample, head.stride)));
const plan = { spec, cuts: [lumaInput], embeddingSize: embedding.size, hasNorm: false };
using network = new TrainableNetwork(plan, (tensor) => requireValue(weights, tensor).data, 1);
const bins = requireValue(weights, 'head.bins').data;
const result = await calibrate(network, {
  bins,
  validation,
  trained: annealedMeans[objective],
  signal: new AbortController().signal,
  liveliness: Number(values.liveliness),
});
const { temperature, fade, raise, scores } = result;
console.log(JSON.stringify({ ...validation.references(), temperature, fade, raise, ...scores }));

const usual = `trained by scripts/torch/train.py, from ${manifest.name} version ${manifest.version}; calibrated`;
const facts: ManifestFacts = {
  formatVersion: 1,
  name,
  version: Number(version),
  architecture: spec.architecture,
  input,
  embedding,
  ownTrunkAfter: spec.ownTrunkAfter,
  encoder: spec.encoder,
  width: spec.width,
  hasAttention: spec.hasAttention === true ? true : undefined,
  head: { ...head, temperature, fade: fade === 0 ? undefined : fade },
  provenance: {
    description: values.description ?? usual,
    trainedOn: values['trained-on'] ?? manifest.provenance.trainedOn,
    licence: values.licence ?? manifest.provenance.licence,
    date: new Date().toISOString().slice(0, 10),
  },
  metrics: metricsOf(scores),
};
await saveModel(output, facts, raised(weights, bins, raise));
