/**
 * Makes a model of what `train.py` learnt: calibrates its head on the pictures that a set keeps for validation, and
 * writes the folder. Usage: import.js MODEL NAME VERSION SET OUTPUT FILE
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { loadModel } from '../../src/model/model.ts';
import { requireValue } from '../../src/model/require-value.ts';
import { decodeFloats, readSafetensors } from '../../src/model/weights/safetensors.ts';
import { weightShapes, type NetworkSpec } from '../../src/model/tables/network.ts';
import { lumaInput } from '../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../src/model/tfjs/backend.ts';
import { openDataset } from '../../src/train/dataset/dataset.ts';
import { ownTrunkOf } from '../../src/train/features/cuts.ts';
import { saveModel, type ManifestFacts } from '../../src/train/learn/save-model.ts';
import { TrainableNetwork, type NamedWeight } from '../../src/train/learn/trainable-network.ts';
import { Validation } from '../../src/train/learn/validation.ts';
import { calibrate, raised } from '../../src/train/run/calibrate.ts';
import { metricsOf } from '../../src/train/run/export-model.ts';
import { lumaPicture } from '../../src/train/run/validation-pictures.ts';

/** Pictures that the calibration is judged by, at most: the liveliness of 300 still differs by 5 % from draw to draw. */
const judges = 1000;
/** Of the annealed mean in `train.py`. */
const trainedTemperature = 0.38;

const { positionals } = parseArgs({ allowPositionals: true });
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

const { manifest } = await loadModel(from);
const { architecture, head, input, embedding } = manifest;
if (head.kind !== 'classification') throw new TypeError(`${from}: expected a head of classes`);
const ownTrunkAfter = ownTrunkOf({ architecture, head }, 'all');
const spec: NetworkSpec = { architecture, head, ownTrunkAfter };

const learnt = readSafetensors(await readFile(file), file);
const weights = new Map<string, NamedWeight>();
for (const [tensor, shape] of weightShapes(spec, embedding.size)) {
  const stored = learnt.get(tensor);
  if (stored === undefined) throw new TypeError(`${file}: expected a tensor ${tensor}`);
  weights.set(tensor, { shape, data: decodeFloats(stored, `${file}: ${tensor}`) });
}
await openTensorflow('auto');
const samples = await (await openDataset(set)).spreadSamples('validation', judges);
const validation = new Validation(samples.map((sample) => lumaPicture(sample, head.stride)));
const plan = { spec, cuts: [lumaInput], embeddingSize: embedding.size, hasNorm: false };
using network = new TrainableNetwork(plan, (tensor) => requireValue(weights, tensor).data, 1);
const bins = requireValue(weights, 'head.bins').data;
const trained = { temperature: trainedTemperature, fade: 0 };
const result = await calibrate(network, { bins, validation, trained, signal: new AbortController().signal });
const { temperature, fade, raise, scores } = result;
console.log(JSON.stringify({ ...validation.references(), temperature, fade, raise, ...scores }));

const facts: ManifestFacts = {
  ...{ formatVersion: 1, name, version: Number(version), architecture, input, embedding, ownTrunkAfter },
  head: { ...head, temperature, fade: fade === 0 ? undefined : fade },
  provenance: {
    ...manifest.provenance,
    description: `trained by scripts/torch/train.py, from ${manifest.name} version ${manifest.version}; calibrated`,
    date: new Date().toISOString().slice(0, 10),
  },
  metrics: metricsOf(scores),
};
await saveModel(output, facts, raised(weights, bins, raise));
