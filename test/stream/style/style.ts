import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { configSchema } from '../../../src/config/schema.ts';
import { networkNodes, outputsOf, type NetworkSpec } from '../../../src/model/tables/network.ts';
import { nodesFor, weightShapesOf } from '../../../src/model/tables/nodes.ts';
import { openFilmResources } from '../../../src/stream/film/film-resources.ts';
import { colorizeImage } from '../../../src/stream/film/still/colorize-image.ts';
import { LiveModels } from '../../../src/stream/serve/live-models.ts';
import { randomNumbers, writeModel, type WeightToStore } from '../../helpers/model-fixtures.ts';
import { lumaSum, runProgram } from '../../helpers/program.ts';
import { probeCsv, runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';

const size = 64;
const regression = { kind: 'regression', stride: 2 } as const;

/** A small network of Iizuka et al. with random weights. */
async function iizuka(t: ExecutionContext): Promise<string> {
  return writeSmall(t, { architecture: 'iizuka-2016', head: regression, width: 1 / 16 });
}

async function writeSmall(t: ExecutionContext, spec: NetworkSpec): Promise<string> {
  const random = randomNumbers(3);
  const shapes = weightShapesOf(nodesFor(networkNodes(spec), outputsOf(spec)), 0);
  const weights = new Map<string, WeightToStore>();
  for (const [name, shape] of shapes) {
    const count = shape.reduce((product, side) => product * side, 1);
    const spread = shape.length === 1 ? 0.1 : 2.5 / Math.sqrt(count / (shape[0] ?? 1));
    const data = Float32Array.from({ length: count }, () => (2 * random() - 1) * spread);
    weights.set(name, { dtype: 'F16', shape, data });
  }
  const { architecture, width } = spec;
  const head = spec.head.kind === 'regression' ? regression : { ...spec.head, temperature: 1 };
  return writeModel(await tempFolder(t), { architecture, head, weights, manifest: { width, name: 'small' } });
}

interface Photos {
  readonly folder: string;
  readonly photo: string;
  readonly other: string;
}

/** Two frames of old and new films. */
async function photos(t: ExecutionContext): Promise<Photos> {
  const folder = await tempFolder(t);
  const [photo, other] = ['photo.png', 'other.png'].map((name) => join(folder, name)) as [string, string];
  const frame = (film: string, to: string): Promise<unknown> =>
    runFfmpeg(['-i', `samples/${film}`, '-vf', 'scale=96:72', '-frames:v', '1', to]);
  await Promise.all([frame('his_girl_friday.mp4', photo), frame('entrance.mp4', other)]);
  return { folder, photo, other };
}

async function colours(image: string, model: string, style?: string): Promise<Buffer> {
  const { bytes } = await colorizeImage(image, { model, style, size, device: 'cpu' });
  return sharp(bytes).removeAlpha().raw().toBuffer();
}

/** Luma of each pixel. */
function lumaOf(rgb: Buffer): number[] {
  return Array.from({ length: rgb.length / 3 }, (_, i) =>
    Math.round(0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!),
  );
}

/** The mean difference of a byte. */
function difference(one: Buffer, other: Buffer): number {
  return one.reduce((sum, value, i) => sum + Math.abs(value - other[i]!), 0) / one.length;
}

for (const name of ['iizuka-2016', 'koalarization'])
  test.serial(
    `${name}: another photo gives other colours, the photo itself the same as without a style`,
    async (t) => {
      const model = name === 'koalarization' ? 'starter' : await iizuka(t);
      const { photo, other } = await photos(t);
      const plain = await colours(photo, model);
      const own = await colours(photo, model, photo);
      const styled = await colours(photo, model, other);
      t.true(difference(own, plain) < 0.01, `${difference(own, plain)}`);
      t.true(difference(styled, plain) > 0.5, `${difference(styled, plain)}`);
      const [before, after] = [lumaOf(plain), lumaOf(styled)];
      t.true(before.every((value, i) => Math.abs(value - (after[i] ?? NaN)) <= 1));
    },
  );

test.serial('a network that sees no scene refuses a style', async (t) => {
  const head = { kind: 'classification', stride: 4, classes: 5 } as const;
  const model = await writeSmall(t, { architecture: 'zhang-2016', head, width: 1 / 16 });
  const { photo, other } = await photos(t);
  await t.throwsAsync(colorizeImage(photo, { model, style: other, size }), {
    code: 'MODEL_MISMATCH',
    message: 'style: expected a model that looks at the scene as a whole but small does not',
  });
  await t.throwsAsync(openFilmResources({ model, style: 'missing.png' }), { code: 'INPUT_MISSING' });
});

test.serial(
  "a film keeps its luma, names its style, and is another film in another photo's style",
  async (t) => {
    const model = await iizuka(t);
    const { folder, photo, other } = await photos(t);
    const [film, output] = [join(folder, 'film.mkv'), join(folder, 'colour.mkv')];
    await runFfmpeg([
      '-i',
      'samples/his_girl_friday.mp4',
      '-vf',
      'scale=96:72',
      '-frames:v',
      '10',
      '-c:v',
      'ffv1',
      film,
    ]);
    const color = (style: string): ReturnType<typeof runProgram> =>
      runProgram(
        'file',
        film,
        '-o',
        output,
        '--model',
        model,
        '--style',
        style,
        '--size',
        '64',
        '--codec',
        'ffv1',
      );
    const first = await color(other);
    t.is(first.code, 0, first.stderr);
    t.is(await lumaSum(output), await lumaSum(film));
    const tags = (await probeCsv(output, '-show_entries', 'format_tags')).join(' ');
    t.regex(tags, /model small version 1, in the style of the photo other\.png/);
    const again = await color(other);
    t.regex(again.stdout + again.stderr, /already finished/);
    const second = await color(photo);
    t.not(second.code, 0);
    t.regex(second.stderr, /OUTPUT_EXISTS|exists/i);
  },
);

test.serial("a camera with a style has the photo's colours from its first frame", async (t) => {
  const { photo, other } = await photos(t);
  const { engine } = configSchema.parse({ engine: { threads: 1, shortSidePx: size } });
  await using models = new LiveModels(engine, () => undefined);
  const [one, another] = await Promise.all(
    [photo, other].map((style) => models.network({ name: 'starter', style })),
  );
  t.is(one?.provisional?.length, 256);
  t.notDeepEqual(one?.provisional, another?.provisional);
  t.deepEqual(one?.network.condition(new Float32Array()), one?.provisional);
  t.is(one?.model.style, 'photo.png');
});
