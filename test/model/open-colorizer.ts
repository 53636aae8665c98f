import { availableParallelism } from 'node:os';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AppError } from '../../src/errors.ts';
import type { Colorizer } from '../../src/model/colorizer.ts';
import { loadModel } from '../../src/model/model.ts';
import { OnnxBuilder } from '../../src/model/onnx/onnx-builder.ts';
import { openColorizer } from '../../src/model/open-colorizer.ts';
import { randomNumbers, relativeError, starterCheck, writeModel } from '../helpers/model-fixtures.ts';
import { tempFolder } from '../helpers/run-ffmpeg.ts';

const check = starterCheck();

/** The check picture and its own scene. */
function checkBatch(colorizer: Colorizer): Batch {
  return {
    pictures: [check.luma],
    size: check.size,
    conditions: [colorizer.condition(check.embedding)],
  };
}

let shared: Promise<Colorizer> | undefined;
test.after.always(async () => {
  await (await shared)?.[Symbol.asyncDispose]();
});

/** The number of bytes that all threads of this process have read so far (Linux). */
async function bytesRead(): Promise<number> {
  return Number(/rchar: (\d+)/.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);
}

(existsSync('/proc/self/io') ? test.serial : test.skip)(
  'a model with its own trunk does not read the trunk of the embedding network (Linux)',
  async (t) => {
    const model = await loadModel('trunk');
    t.is(model.manifest.ownTrunkAfter, 'luma');
    const own = model.manifest.weights.bytes;
    const embedding = 22_002_542;
    const before = await bytesRead();
    await using colorizer = await openColorizer({ model, device: 'cpu' });
    const read = (await bytesRead()) - before;
    t.true(read > own && read < own + embedding / 2, `${read} bytes`);
    t.is(colorizer.embeddingSide, 299);
  },
);

test.serial('the starter model gives its check picture the same colour as PyTorch', async (t) => {
  const colorizer = await starter();
  const [ab] = await colorizer.colorize(checkBatch(colorizer));
  t.true(relativeError(ab ?? [], check.ab) < 1e-3);
});

test.serial('Inception v3 gives the same embedding as PyTorch', async (t) => {
  const colorizer = await starter();
  const [embedding] = await colorizer.embed([check.luma299]);
  t.true(relativeError(embedding ?? [], check.embedding) < 1e-3);
  const others = [1, 2, 3].map((factor) => check.luma299.map((luma) => luma / factor));
  const among = await colorizer.embed([...others, ...others, ...others]);
  t.is(among.length, 9);
  for (const at of [0, 3, 6])
    t.true(relativeError(among[at] ?? [], check.embedding) < 1e-3, `picture ${at} of 9`);
  t.true(relativeError(among[8] ?? [], check.embedding) > 1e-2, 'a darker picture has its own');
});

test.serial('pictures in a batch get the same colour as alone, each with its own condition', async (t) => {
  const colorizer = await starter();
  const random = randomNumbers(1);
  const pictures = [1, 2, 3].map(() => check.luma.map((value) => (value + Math.floor(random() * 100)) % 256));
  const conditions = [1, -1, 0].map((factor) =>
    colorizer.condition(check.embedding.map((value) => value * factor)),
  );
  const together = await colorizer.colorize({ pictures, conditions, size: check.size });
  t.is(together.length, 3);
  for (const [i, picture] of pictures.entries()) {
    const [alone] = await colorizer.colorize({
      pictures: [picture],
      conditions: conditions.slice(i, i + 1),
      size: check.size,
    });
    t.true(relativeError(together[i] ?? [], alone ?? []) < 1e-5);
  }
  t.true(relativeError(together[0] ?? [], together[1] ?? []) > 0.1);
});

test.serial('a higher temperature gives colours closer to each other', async (t) => {
  const colorizer = await starter();
  const batch = checkBatch(colorizer);
  const [lively] = await colorizer.colorize({ ...batch, temperature: 0.1 });
  const [pale] = await colorizer.colorize({ ...batch, temperature: 2 });
  t.true(
    spread(pale ?? []) < 0.75 * spread(lively ?? []),
    `${spread(pale ?? [])} of ${spread(lively ?? [])}`,
  );
});

test.serial('the regression head gives two planes of half the size, within -128 and 128', async (t) => {
  const model = await loadModel(
    await writeModel(await tempFolder(t), { head: { kind: 'regression', stride: 2 } }),
  );
  await using colorizer = await openColorizer({ model, device: 'cpu' });
  const [ab] = await colorizer.colorize(checkBatch(colorizer));
  t.is(ab?.length, (2 * check.luma.length) / 4);
  t.true(ab?.every((value) => Math.abs(value) <= 128));
  t.true(spread(ab ?? []) > 0.1);
});

test.serial('the main thread keeps running while the network runs', async (t) => {
  const colorizer = await starter();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await colorizer.colorize({
    pictures: [new Uint8Array(256 * 144)],
    size: { widthPx: 256, heightPx: 144 },
    conditions: [new Float32Array(256)],
  });
  clearInterval(timer);
  t.true(ticks >= 5, `${ticks} ticks of a 1 ms timer`);
});

const isRefused = test.macro(
  async (t: ExecutionContext, change: (batch: Batch) => Batch, message: string) => {
    const colorizer = await starter();
    const batch = { pictures: [check.luma], size: check.size, conditions: [new Float32Array(256)] };
    const error = await t.throwsAsync(colorizer.colorize(change(batch)), { instanceOf: AppError });
    t.is(error.code, 'USAGE');
    t.is(error.message, message);
  },
);

type Batch = Parameters<Colorizer['colorize']>[0];

test.serial(
  'a size that is not a multiple of 8 is refused',
  isRefused,
  (batch) => ({ ...batch, size: { widthPx: 100, heightPx: 72 } }),
  'colorize: expected sides that are multiples of 8, 8 or more, but got 100 x 72',
);
test.serial(
  'a picture whose data does not fit its size is refused',
  isRefused,
  (batch) => ({ ...batch, pictures: [new Uint8Array(9)] }),
  'colorize: picture 0: expected 6912 numbers but got 9',
);
test.serial(
  'a batch without a condition for each picture is refused',
  isRefused,
  (batch) => ({ ...batch, conditions: [] }),
  'colorize: expected one condition per picture but got 0 for 1',
);
test.serial(
  'a temperature of 0 is refused',
  isRefused,
  (batch) => ({ ...batch, temperature: 0 }),
  'temperature: expected 0.05..5 but got 0',
);

test.serial('an aborted batch rejects with the reason, and the next one succeeds', async (t) => {
  const colorizer = await starter();
  const batch = checkBatch(colorizer);
  const abort = new AbortController();
  const stopped = colorizer.colorize(batch, abort.signal);
  abort.abort(new AppError('INTERRUPTED', 'stopped'));
  await t.throwsAsync(stopped, { instanceOf: AppError, code: 'INTERRUPTED' });
  const [ab] = await colorizer.colorize(batch);
  t.true(relativeError(ab ?? [], check.ab) < 1e-3);
});

test.serial('disposal can be repeated and ends the work', async (t) => {
  const colorizer = await openStarter();
  await colorizer[Symbol.asyncDispose]();
  await colorizer[Symbol.asyncDispose]();
  await t.throwsAsync(colorizer.embed([check.luma299]), { instanceOf: AppError, code: 'USAGE' });
});

test.serial('weights that change after loading are refused', async (t) => {
  const folder = await writeModel(await tempFolder(t));
  const model = await loadModel(folder);
  await writeFile(join(folder, 'weights.safetensors'), 'changed');
  const error = await t.throwsAsync(openColorizer({ model, device: 'cpu' }), { instanceOf: AppError });
  t.is(error.code, 'MODEL_INVALID');
  t.regex(error.message, /expected \d+ bytes but got 7$/);
  t.truthy(error.cure);
});

test.serial('a model for another embedding network is refused without that network', async (t) => {
  const embedding = { network: 'inception-resnet-v2', size: 1000 };
  const model = await loadModel(await writeModel(await tempFolder(t), { embedding }));
  const error = await t.throwsAsync(openColorizer({ model, device: 'cpu' }), { instanceOf: AppError });
  t.is(error.code, 'MODEL_MISMATCH');
  t.regex(
    error.message,
    /expected an embedding of 1000 numbers from inception-resnet-v2 but .*inception-v3\.onnx gives 2048/,
  );
  t.regex(error.cure ?? '', /--embedding/);
});

const shapes = {
  'channels first': ['n', 3, 'h', 'w'],
  'channels last': ['n', 299, 299, 3],
} as const;

for (const [layout, shape] of Object.entries(shapes)) {
  test.serial(`a user's network with ${layout} sees the gray picture in -1..1 in each channel`, async (t) => {
    const folder = await tempFolder(t);
    const embeddingFile = await writeMeanNetwork(join(folder, 'mean.onnx'), shape);
    const model = await loadModel(await writeModel(folder, { embedding: { network: 'mean', size: 3 } }));
    await using colorizer = await openColorizer({ model, device: 'cpu', embeddingFile });
    const [embedding] = await colorizer.embed([new Uint8Array(299 * 299).fill(255).fill(0, 0, 299)]);
    const mean = 1 - 2 / 299;
    t.true(relativeError(embedding ?? [], [mean, mean, mean]) < 1e-4);
  });
}

test.serial("a user's network of another size is refused with both sizes and files", async (t) => {
  const folder = await tempFolder(t);
  const embeddingFile = await writeMeanNetwork(join(folder, 'mean.onnx'), shapes['channels first']);
  const model = await loadModel('starter');
  const error = await t.throwsAsync(openColorizer({ model, device: 'cpu', embeddingFile }), {
    instanceOf: AppError,
  });
  t.is(error.code, 'MODEL_MISMATCH');
  t.is(
    error.message,
    `model ${model.dir}: expected an embedding of 2048 numbers but ${embeddingFile} gives 3`,
  );
});

test.serial('a file that is not an ONNX graph is refused as an embedding', async (t) => {
  const embeddingFile = join(await tempFolder(t), 'not.onnx');
  await writeFile(embeddingFile, 'nothing of the kind');
  const model = await loadModel('starter');
  const error = await t.throwsAsync(openColorizer({ model, device: 'cpu', embeddingFile }), {
    instanceOf: AppError,
  });
  t.is(error.code, 'MODEL_INVALID');
  t.true(
    error.message.startsWith(`embedding ${embeddingFile}: expected an ONNX graph but got `),
    error.message,
  );
});

test.serial('the error names a missing embedding file', async (t) => {
  const model = await loadModel('starter');
  const error = await t.throwsAsync(openColorizer({ model, device: 'cpu', embeddingFile: '/no/such.onnx' }), {
    instanceOf: AppError,
  });
  t.is(error.message, 'embedding /no/such.onnx: expected an ONNX file but got none');
});

/** All tests share one session, because a session takes some 200 MB. */
function starter(): Promise<Colorizer> {
  return (shared ??= openStarter());
}

async function openStarter(): Promise<Colorizer> {
  const threads = Math.min(2, availableParallelism());
  return openColorizer({ model: await loadModel('starter'), device: 'cpu', threads });
}

/** A network that returns the mean of each channel. */
async function writeMeanNetwork(path: string, shape: readonly (number | string)[]): Promise<string> {
  const graph = new OnnxBuilder('mean');
  const picture = graph.input('image', 'float32', shape);
  const axes = shape[1] === 3 ? [2, 3] : [1, 2];
  graph.output(graph.add('ReduceMean', [picture], { axes, keepdims: 0 }), 'mean', ['n', 3]);
  await writeFile(path, graph.encode());
  return path;
}

/** The standard deviation of a*. */
function spread(ab: ArrayLike<number>): number {
  const a = Array.from(ab).slice(0, ab.length / 2);
  const mean = a.reduce((sum, value) => sum + value, 0) / a.length;
  return Math.sqrt(a.reduce((sum, value) => sum + (value - mean) ** 2, 0) / a.length);
}
