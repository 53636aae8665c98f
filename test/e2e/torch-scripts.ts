/** Set -> scripts/torch -> model -> colour, on the CPU, if Python has the packages that they need. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import sharp from 'sharp';
import { loadModel } from '../../src/model/model.ts';
import { networkNodes } from '../../src/model/tables/network.ts';
import { nodesFor } from '../../src/model/tables/nodes.ts';
import { openTensorflow } from '../../src/model/tfjs/backend.ts';
import { resizeBilinear } from '../../src/model/tfjs/bilinear.ts';
import { readSafetensors } from '../../src/model/weights/safetensors.ts';
import { runProgram } from '../helpers/program.ts';
import { runFfmpeg, tempFolder } from '../helpers/run-ffmpeg.ts';

const run = promisify(execFile);
const python = process.env['PYTHON'] ?? 'python3';
const needs = 'import torch, numpy, cv2, onnx, safetensors';
const hasTorch = spawnSync(python, ['-c', needs]).status === 0;
const skipped = hasTorch ? '' : ' (skipped: Python has no torch, opencv, onnx and safetensors)';

const script = (name: string): string =>
  fileURLToPath(new URL(`../../scripts/torch/${name}`, import.meta.url));
const pythonScript = (name: string): string =>
  fileURLToPath(new URL(`../../../scripts/torch/${name}`, import.meta.url));

(hasTorch ? test : test.skip)(
  `the result of scripts/torch becomes a model that colours${skipped}`,
  async (t) => {
    t.timeout(170_000);
    const folder = await tempFolder(t);
    const at = (name: string): string => join(folder, name);
    await mkdir(at('photos'));
    for (let seed = 1; seed <= 8; seed++) {
      const source = ['-f', 'lavfi', '-i', `gradients=size=216x144:seed=${seed}:n=4`, '-frames:v', '1'];
      await runFfmpeg([...source, '-q:v', '2', at(`photos/${seed}.jpg`)]);
    }
    const set = await runProgram('dataset', at('photos'), '-o', at('set'), '--validation-fraction', '0.25');
    t.is(set.code, 0, set.stderr);

    await run(process.execPath, [script('export.js'), 'starter', at('set'), at('exported')]);
    const args = ['--photos', at('photos'), '--exported', at('exported'), '--out', at('out')];
    const { stdout } = await run(python, [
      pythonScript('train.py'),
      ...args,
      '--seconds',
      '5',
      '--batch',
      '2',
    ]);
    const [, learnt = '0', judged = '0'] =
      /(\d+) photos for training, (\d+) for validation/.exec(stdout) ?? [];
    t.is(Number(learnt) + Number(judged), 8, stdout);
    t.regex(stdout, /done: \d+ steps/);
    const weights = ['first', 'best', 'last'].map((name) => at(`out/${name}.safetensors`));
    await run(python, [pythonScript('average.py'), at('average.safetensors'), ...weights]);
    const made = ['starter', 'mine', '1', at('set'), at('model'), at('average.safetensors')];
    await run(process.execPath, [script('import.js'), ...made]);

    const [mine, starter] = [await loadModel(at('model')), await loadModel('starter')];
    t.is(mine.manifest.name, 'mine');
    t.deepEqual(
      { ...mine.manifest.tensors, 'head.bias': 0 },
      { ...starter.manifest.tensors, 'head.bias': 0 },
      'the same network',
    );
    t.notDeepEqual(mine.embeddingMatrix, starter.embeddingMatrix, 'it learnt');
    const file = ['file', at('photos/1.jpg'), '-o', at('colour.png'), '--model', at('model')];
    const coloured = await runProgram(...file);
    t.is(coloured.code, 0, coloured.stderr);
    const { xmpAsString } = await sharp(at('colour.png')).metadata();
    t.regex(xmpAsString ?? '', /mine/, 'the picture names its model');
  },
);

(hasTorch ? test : test.skip)(
  `training of the light network resumes where it was stopped, without a set${skipped}`,
  async (t) => {
    t.timeout(400_000);
    const folder = await tempFolder(t);
    const at = (name: string): string => join(folder, name);
    await mkdir(at('photos'));
    for (let seed = 1; seed <= 6; seed++) {
      const source = ['-f', 'lavfi', '-i', `gradients=size=144x144:seed=${seed}:n=4`, '-frames:v', '1'];
      await runFfmpeg([...source, '-q:v', '2', at(`photos/${seed}.jpg`)]);
    }
    await writeFile(at('photos/broken.jpg'), 'no photo');
    await run(process.execPath, [script('export.js'), 'efficientnet-lite', at('exported')]);
    const args = ['--photos', at('photos'), '--exported', at('exported'), '--out', at('out')];
    const settings = ['--batch', '2', '--embedding-dropout', '1', '--freeze', '5', '--kept', '0.4'];
    const train = (...more: string[]): Promise<{ stdout: string }> =>
      run(python, [pythonScript('train.py'), ...args, ...settings, '--evals', '1', '--nice', '0', ...more]);
    const { stdout: first } = await train('--seconds', '3');
    t.regex(first, /left out: 1 of 7 photos cannot be read/);
    const [, steps = '0'] = /done: (\d+) steps/.exec(first) ?? [];
    t.true(Number(steps) > 0, first);
    const { stdout: second } = await train('--seconds', '6');
    t.regex(second, new RegExp(`resumes after ${steps} steps`), second);
    t.regex(second, /done: \d+ steps/);
    const [before, after] = await Promise.all(
      ['first', 'last'].map(async (name) =>
        readSafetensors(await readFile(at(`out/${name}.safetensors`)), name),
      ),
    );
    const bytes = (file: typeof before, name: string): Uint8Array | undefined => file?.get(name)?.bytes;
    t.deepEqual(
      bytes(after, 'efficientnet.block_4.expand.weight'),
      bytes(before, 'efficientnet.block_4.expand.weight'),
    );
    t.notDeepEqual(bytes(after, 'decoder.3.weight'), bytes(before, 'decoder.3.weight'));
  },
);

(hasTorch ? test : test.skip)(
  `folding the batch norms of an EfficientNet-Lite does not change its answer${skipped}`,
  async (t) => {
    const code = [
      'import json, sys, torch',
      'sys.path.insert(0, sys.argv[1])',
      'from convert_efficientnet import converted',
      'from network import scores_of',
      'from norms import folded',
      'random = torch.Generator().manual_seed(1)',
      'rand = lambda *shape: torch.rand(shape, generator=random)',
      'parts = ("weight", "bias", "running_mean", "running_var")',
      'norm = lambda name, n: {f"{name}.{part}": rand(n) + 0.5 for part in parts}',
      'stored = {"_conv_stem.weight": rand(32, 3, 3, 3) - 0.5, **norm("_bn0", 32), "_fc.bias": rand(9)}',
      'stored |= {"_blocks.0._depthwise_conv.weight": rand(32, 1, 3, 3) - 0.5, **norm("_blocks.0._bn1", 32)}',
      'nodes = json.loads(sys.argv[2]) + [{"name": "ab", "inputs": [sys.argv[3]], "op": {"kind": "annealedMean"}}]',
      'weights = converted(stored)',
      'luma = (rand(1, 1, 24, 32) * 255).round()',
      'plain, normed = (scores_of(nodes, some, luma, None) for some in (folded(weights), weights))',
      'assert "efficientnet.stem.gamma" in weights and "efficientnet.stem.gamma" not in folded(weights)',
      'print((plain - normed).abs().max().item(), normed.std().item())',
    ].join('\n');
    const { manifest } = await loadModel('efficientnet-lite');
    const wanted = 'efficientnet.block_0.depthwise';
    const nodes = JSON.stringify(nodesFor(networkNodes(manifest), [wanted]));
    const { stdout } = await run(python, ['-c', code, pythonScript(''), nodes, wanted]);
    const [difference = NaN, spread = NaN] = stdout.split(' ').map(Number);
    t.true(spread > 0.1, stdout);
    t.true(difference < 1e-4, stdout);
  },
);

(hasTorch ? test : test.skip)(
  `scripts/torch enlarges as the program does, by the factor itself${skipped}`,
  async (t) => {
    const code = [
      'import json, sys, torch',
      'sys.path.insert(0, sys.argv[1])',
      'from network import value_of',
      'ramp = torch.arange(41.0).square().reshape(1, 1, 1, 41).expand(1, 1, 41, 41)',
      'node = {"name": "x", "op": {"kind": "enlarge", "factor": [4, 3]}}',
      'print(json.dumps(value_of(node, [ramp], {}, None)[0, 0, 20].tolist()))',
    ].join('\n');
    const { stdout } = await run(python, ['-c', code, pythonScript('')]);
    const row = JSON.parse(stdout) as number[];
    await openTensorflow('wasm', { threads: 1 });
    const expected = tf.tidy(() => {
      const columns = Array.from({ length: 41 }, (_, i) => i * i);
      const ramp = tf.tensor4d(Array.from({ length: 41 }, () => columns).flat(), [1, 41, 41, 1]);
      return [
        ...resizeBilinear(ramp, [54, 54], 4 / 3)
          .dataSync()
          .slice(20 * 54, 21 * 54),
      ];
    });
    t.is(row.length, 54);
    const worst = Math.max(...row.map((value, i) => Math.abs(value - expected[i]!)));
    t.true(worst < 1e-3, `apart by ${worst}`);
  },
);
