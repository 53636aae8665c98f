/** The published networks in PyTorch and in onnxruntime, with the same random weights, if Python has torch. */
import { execFile, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { critic, criticInput, criticScores, leastCriticSide } from '../../src/model/tables/critic.ts';
import { iizuka2016, sceneScores } from '../../src/model/tables/iizuka-2016.ts';
import {
  inceptionResnetScores,
  inceptionResnetSide,
  inceptionResnetV2,
} from '../../src/model/tables/inception-resnet-v2.ts';
import { lumaInput, nodesFor, type Node } from '../../src/model/tables/nodes.ts';
import { resnetUnet } from '../../src/model/tables/resnet-unet.ts';
import { zhang2016 } from '../../src/model/tables/zhang-2016.ts';
import { decodeFloats, readSafetensors, writeSafetensors } from '../../src/model/weights/safetensors.ts';
import { madeWeights, runOnnx, type MadeValue, type MadeWeights } from '../helpers/engine-runs.ts';
import { relativeError } from '../helpers/model-fixtures.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';
import { seededBytes } from '../helpers/seeded.ts';

const run = promisify(execFile);
const python = process.env['PYTHON'] ?? 'python3';
const hasTorch = spawnSync(python, ['-c', 'import torch, safetensors']).status === 0;
const skipped = hasTorch ? '' : ' (skipped: Python has no torch and safetensors)';
const file = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const runNodesPy = file('scripts/torch/run_nodes.py');
const inceptionResnetPy = file('test/helpers/inception_resnet_v2.py');

const width = 1 / 16;
const head = { kind: 'classification', stride: 4, classes: 7 } as const;
const luma: MadeValue = { shape: [2, 1, 24, 40], data: seededBytes(2 * 24 * 40, 1) };
const patch = leastCriticSide();
const colours: MadeValue = {
  shape: [1, 3, patch, patch],
  data: Float32Array.from(seededBytes(3 * patch * patch, 2), (byte) => byte / 127.5 - 1),
};

const networks: readonly {
  readonly title: string;
  readonly nodes: readonly Node[];
  readonly input: readonly [string, MadeValue];
  readonly output: string;
}[] = [
  {
    title: 'zhang-2016',
    // The annealed mean is not among the nodes that PyTorch runs.
    nodes: nodesFor(zhang2016(head, width), ['head']),
    input: [lumaInput, luma],
    output: 'head',
  },
  {
    title: 'resnet-unet with self-attention',
    nodes: resnetUnet({ kind: 'regression', stride: 2 }, { width, hasAttention: true }),
    input: [lumaInput, luma],
    output: 'ab',
  },
  { title: 'iizuka-2016', nodes: iizuka2016({ width }), input: [lumaInput, luma], output: 'ab' },
  {
    title: 'iizuka-2016, classes',
    nodes: nodesFor(iizuka2016({ width, sceneClasses: 5 }), [sceneScores]),
    input: [lumaInput, luma],
    output: sceneScores,
  },
  { title: 'critic', nodes: critic({ width: 1 / 32 }), input: [criticInput, colours], output: criticScores },
];

for (const { title, nodes, input, output } of networks)
  (hasTorch ? test : test.skip)(
    `${title}: PyTorch gives the same result as onnxruntime${skipped}`,
    async (t) => {
      t.timeout(120_000);
      const folder = await tempFolder(t);
      const [weights, inputs] = [madeWeights(nodes), new Map([input])];
      await writeInputs(folder, nodes, weights, inputs);
      await run(python, [runNodesPy, folder, output]);
      const expected = await runOnnx({ nodes, weights, inputs, output });
      t.true(relativeError(await outputOf(folder, output), expected) < 1e-4);
    },
  );

(hasTorch ? test : test.skip)(
  `Inception-ResNet-v2 gives the vector of a second implementation${skipped}`,
  async (t) => {
    t.timeout(170_000);
    const folder = await tempFolder(t);
    const nodes = inceptionResnetV2();
    const weights = madeWeights(nodes);
    const area = inceptionResnetSide ** 2;
    const picture: MadeValue = {
      shape: [1, 1, inceptionResnetSide, inceptionResnetSide],
      data: seededBytes(area, 3),
    };
    const inputs = new Map([[lumaInput, picture]]);
    await writeInputs(folder, nodes, weights, inputs);
    await run(python, [inceptionResnetPy, folder]);
    const got = await runOnnx({ nodes, weights, inputs, output: inceptionResnetScores });
    t.is(got.length, 1000);
    t.true(relativeError(got, await outputOf(folder, inceptionResnetScores)) < 1e-4);
  },
);

(hasTorch ? test : test.skip)(
  `the spectral norm is PyTorch's own, and so is its gradient${skipped}`,
  async (t) => {
    const { stdout } = await run(python, [file('test/helpers/check_spectral.py')]);
    const errors = stdout.trim().split('\n').map(Number);
    t.is(errors.length, 2);
    t.true(
      errors.every((error) => error < 1e-4),
      stdout,
    );
  },
);

async function writeInputs(
  folder: string,
  nodes: readonly Node[],
  weights: MadeWeights,
  inputs: ReadonlyMap<string, MadeValue>,
): Promise<void> {
  const stored = (
    values: ReadonlyMap<string, { shape: readonly number[]; data: Float32Array | Uint8Array }>,
  ): Buffer =>
    writeSafetensors(
      new Map(
        [...values].map(([name, { shape, data }]) => [
          name,
          { dtype: 'F32', shape, data: Float32Array.from(data) } as const,
        ]),
      ),
    );
  await writeFile(join(folder, 'nodes.json'), JSON.stringify(nodes));
  await writeFile(join(folder, 'weights.safetensors'), stored(weights));
  await writeFile(join(folder, 'inputs.safetensors'), stored(inputs));
}

async function outputOf(folder: string, name: string): Promise<Float32Array> {
  const tensors = readSafetensors(await readFile(join(folder, 'outputs.safetensors')), folder);
  return decodeFloats(tensors.get(name)!, name);
}
