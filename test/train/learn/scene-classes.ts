import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { lumaBatch } from '../../../src/train/features/luma-batch.ts';
import { lumaInput } from '../../../src/model/tables/nodes.ts';
import type { Batch } from '../../../src/train/learn/batch.ts';
import { NetworkLearner } from '../../../src/train/learn/network-learner.ts';
import { sceneTerm } from '../../../src/train/learn/terms/scene-term.ts';
import { TrainableNetwork } from '../../../src/train/learn/trainable-network.ts';
import { Validation, type ValidationPicture } from '../../../src/train/learn/validation.ts';
import { randomFrom } from '../../../src/train/random.ts';

test.before(async () => {
  await openTensorflow('wasm', { threads: 1 });
});

/** Two scenes: rows of light and dark, and columns of them, with noise, in colours of their own. */
const size = { widthPx: 32, heightPx: 32 };
const stride = 2;

function picture(scene: number, seed: number): ValidationPicture {
  const random = randomFrom(seed);
  const phase = random.between(0, 8);
  const luma = Uint8Array.from({ length: 32 * 32 }, (_, i) => {
    const along = scene === 0 ? Math.floor(i / 32) : i % 32;
    return 128 + 60 * Math.sin((2 * Math.PI * (along + phase)) / 8) + random.between(-30, 30);
  });
  const ab = new Int8Array(2 * luma.length).fill(scene === 0 ? 20 : -20);
  const batch = lumaBatch([{ size, luma, ab, embedding: new Float32Array(2) }], stride);
  return { size, luma, ab, batch: { ...batch, labels: Int16Array.of(scene) } };
}

/** Two pictures of each scene. */
function batchOf(seed: number): Batch {
  const samples = [0, 1, 0, 1].map((scene, i) => picture(scene, 10 * seed + i));
  const batch = lumaBatch(
    samples.map(({ luma, ab }) => ({ size, luma, ab, embedding: new Float32Array(2) })),
    stride,
  );
  return { ...batch, labels: Int16Array.of(0, 1, 0, 1) };
}

test('the class head of a colouring network learns the scene of pictures that it has not seen', async (t) => {
  const head = { kind: 'regression', stride: 2 } as const;
  const spec = { architecture: 'iizuka-2016', head, width: 1 / 64, sceneClasses: 2 } as const;
  const plan = { spec, cuts: [lumaInput], embeddingSize: 2, hasNorm: true };
  using network = new TrainableNetwork(plan, () => undefined, 1);
  const validation = new Validation(Array.from({ length: 12 }, (_, i) => picture(i % 2, 9000 + i)));
  const objective = { kind: 'mse', lambda: 0, meanWeight: 0, temperature: 1 } as const;
  using learner = new NetworkLearner({
    network,
    validation,
    objective,
    clipNorm: 5,
    embeddingDropout: 0,
    terms: [sceneTerm(0.3, 2)],
  });
  for (let step = 0; step < 26; step++)
    learner.step(batchOf(step + 1), { step, learningRate: 3e-3, random: randomFrom(step) });
  const { measures } = await learner.judge(new AbortController().signal);
  t.true((measures?.['sceneAccuracy'] ?? 0) >= 0.9, `${measures?.['sceneAccuracy']}; chance is 0.5`);
});
