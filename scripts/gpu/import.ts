/**
 * Makes a model of what `train.py` learnt: calibrates its head on the pictures that a set keeps for validation, and
 * writes the folder. Usage: import.js MODEL NAME VERSION SET OUTPUT FILE
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundledEmbedding } from '../../src/model/embedding.ts';
import { loadModel } from '../../src/model/model.ts';
import { decodeFloats, readSafetensors } from '../../src/model/safetensors.ts';
import { sharesTrunk, weightShapes } from '../../src/model/tables/network.ts';
import { lumaInput } from '../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../src/model/tfjs/backend.ts';
import { saveModel, type ManifestFacts } from '../../src/train/learn/save-model.ts';
import { TrainableNetwork, type NamedWeight } from '../../src/train/learn/trainable-network.ts';
import { Validation } from '../../src/train/learn/validation.ts';
import { baseOf } from '../../src/train/run/base-model.ts';
import { calibrate, raised } from '../../src/train/run/calibrate.ts';
import { openSet, spreadSamples } from '../../src/train/run/samples.ts';
import { lumaPicture } from '../../src/train/run/validation-pictures.ts';

/** Pictures that the calibration is judged by. */
const judges = 300;
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
const ownTrunk = architecture === 'inception-trunk' ? { ownTrunkAfter: 'luma' as const } : {};

const learnt = readSafetensors(await readFile(file), file);
const weights = new Map<string, NamedWeight>();
for (const [tensor, shape] of weightShapes({ architecture, head, ...ownTrunk }, embedding.size)) {
  const stored = learnt.get(tensor);
  if (stored === undefined) throw new TypeError(`${file}: expected a tensor ${tensor}`);
  weights.set(tensor, { shape, data: decodeFloats(stored, `${file}: ${tensor}`) });
}
const facts: ManifestFacts = {
  ...{ formatVersion: 1, name, version: Number(version), architecture, input, embedding, ...ownTrunk },
  head: {
    kind: 'classification',
    stride: head.stride,
    classes: head.classes,
    temperature: trainedTemperature,
  },
  provenance: {
    ...manifest.provenance,
    description: `trained by scripts/gpu/train.py, from ${manifest.name} version ${manifest.version}; calibrated`,
    date: new Date().toISOString().slice(0, 10),
  },
  metrics: {},
};
const work = await mkdtemp(join(tmpdir(), 'chromafeed-'));
try {
  await saveModel(work, facts, weights);
  await openTensorflow('auto');
  const trunk = await bundledEmbedding();
  const base = await baseOf(await loadModel(work), trunk);
  if (base.bins === undefined || sharesTrunk(base.spec)) throw new TypeError('expected a whole network');
  const samples = await spreadSamples(await openSet(set), 'validation', judges);
  const validation = new Validation(samples.map((sample) => lumaPicture(sample, head.stride)));
  const plan = { spec: base.spec, cuts: [lumaInput], embeddingSize: embedding.size, hasNorm: false };
  using network = new TrainableNetwork(plan, base.weights ?? (() => undefined), 1);
  const result = calibrate(network, base.bins, validation, { temperature: trainedTemperature, fade: 0 });
  const { temperature, fade, raise, scores } = result;
  console.log(JSON.stringify({ ...validation.references(), temperature, fade, raise, ...scores }));
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  await saveModel(
    output,
    {
      ...facts,
      head: { ...facts.head, temperature, fade: fade === 0 ? undefined : fade } as ManifestFacts['head'],
      metrics: {
        validationPsnrDb: round(scores.psnrDb),
        validationCiede2000: round(scores.ciede2000),
        validationColourfulness: round(scores.colourfulness),
      },
    },
    raised(weights, base.bins, raise),
  );
} finally {
  await rm(work, { recursive: true, force: true });
}
