/**
 * Question: how long does the network take for a picture of 256 x 144, how long does Inception v3 take for one of
 * 299 x 299, and how long until both are ready?
 *
 *   node dist/bench/network.js [--model NAME] [--rounds 20] [--precision int8]
 *
 * The settings take turns, so other work on the machine slows all of them alike. Prints JSON.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { bundledEmbedding, loadEmbedding } from '../src/model/embedding/embedding-file.ts';
import { conditionSize } from '../src/model/tables/nodes.ts';
import { loadModel } from '../src/model/model.ts';
import type { EngineSetup, PackedBatch } from '../src/model/engine/engine.ts';
import { OnnxEngine } from '../src/model/onnx/onnx-engine.ts';
import { describeEnvironment } from './support/environment.ts';
import { quantile } from './support/statistics.ts';

const size = { widthPx: 256, heightPx: 144 };
const warmUps = 3;

/** One timed task; its samples are milliseconds per picture. */
interface Subject {
  readonly name: string;
  readonly run: () => Promise<unknown>;
  readonly pictures: number;
  readonly samples: number[];
}

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    rounds: { type: 'string', default: '20' },
    precision: { type: 'string', default: 'float32' },
  },
});
const load = loadavg()[0];
const { result: model, ms: loadModelMs } = await timed(() => loadModel(values.model));
const embeddingSpec = { ...model.manifest.embedding, model: model.dir };
const setup: Omit<EngineSetup, 'threads'> = {
  network: model.manifest,
  weights: model.weights,
  trunk: await bundledEmbedding(),
  embedding: await loadEmbedding(),
  embeddingSpec,
  device: 'cpu',
  ranges: values.precision === 'int8' ? model.manifest.activations : undefined,
};
const openMs: Record<string, number> = {};
const engines = [await openEngine(1), await openEngine(2)];
const subjects = engines.flatMap(({ engine, threads }) => [
  subject(`network, batch 1, threads ${threads}`, 1, () => engine.colorize(makeBatch(1))),
  subject(`network, batch 4, threads ${threads}`, 4, () => engine.colorize(makeBatch(4))),
  ...[1, 6].map((count) =>
    subject(`inception, batch ${count}, threads ${threads}`, count, () =>
      engine.embedding.embed(Array.from({ length: count }, () => makePicture(embeddingSpec.input ** 2))),
    ),
  ),
]);
for (const { run } of subjects) for (let i = 0; i < warmUps; i++) await run();
for (let round = 0; round < Number(values.rounds); round++)
  for (const { run, pictures, samples } of subjects) samples.push((await timed(run)).ms / pictures);
for (const { engine } of engines) await engine[Symbol.asyncDispose]();

console.log(
  JSON.stringify(
    {
      question: 'milliseconds per picture: network at 256 x 144, Inception v3 at 299 x 299 in float32, CPU',
      precision: values.precision,
      environment: { ...(await describeEnvironment()), loadBefore: load },
      model: model.manifest.name,
      rounds: Number(values.rounds),
      loadModelMs: round(loadModelMs),
      openMs,
      msPerPicture: Object.fromEntries(
        subjects.map(({ name, samples }) => [
          name,
          {
            p50: round(quantile(samples, 0.5)),
            p95: round(quantile(samples, 0.95)),
            min: round(Math.min(...samples)),
          },
        ]),
      ),
    },
    null,
    2,
  ),
);

async function openEngine(threads: number): Promise<{ engine: OnnxEngine; threads: number }> {
  const network = await timed(() => OnnxEngine.open({ ...setup, threads }));
  openMs[`network, threads ${threads}`] = round(network.ms);
  const inception = await timed(() => network.result.embedding.open());
  openMs[`inception, threads ${threads}`] = round(inception.ms);
  return { engine: network.result, threads };
}

function subject(name: string, pictures: number, run: () => Promise<unknown>): Subject {
  return { name, pictures, run, samples: [] };
}

function makeBatch(count: number): PackedBatch {
  const luma = makePicture(count * size.widthPx * size.heightPx);
  return {
    count,
    size,
    luma,
    conditions: new Float32Array(count * conditionSize),
    temperature: 0.38,
    raise: 0,
  };
}

function makePicture(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes).map((_, i) => (i * 7919) >> 3);
}

async function timed<T>(task: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const startMs = performance.now();
  const result = await task();
  return { result, ms: performance.now() - startMs };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
