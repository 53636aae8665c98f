import { join } from 'node:path';
import test from 'ava';
import { colorizeFilm } from '../../../src/stream/film/colorize-film.ts';
import { openFilmResources } from '../../../src/stream/film/film-resources.ts';
import type { Colorizer } from '../../../src/model/colorizer.ts';
import { runFfmpeg, tempFolder } from '../../helpers/run-ffmpeg.ts';
import { smallEmbedding } from '../../helpers/small-embedding.ts';

test('black bars are removed for a general model and kept for the model of one camera', async (t) => {
  const folder = await tempFolder(t);
  const input = join(folder, 'pillars.mkv');
  const film = 'testsrc2=size=120x96:rate=5:duration=1,pad=192:96:36:0';
  await runFfmpeg(['-f', 'lavfi', '-i', film, '-pix_fmt', 'gray', '-c:v', 'ffv1', input]);
  await using resources = await openFilmResources({
    model: 'starter',
    embedding: smallEmbedding,
    device: 'cpu',
  });

  const real = resources.colorizer;
  const sceneModel = { widthPx: 128, heightPx: 64 };
  for (const [title, ownSize, hasBars] of [
    ['general', undefined, false],
    ['camera', sceneModel, true],
  ] as const) {
    const seen: Uint8Array[] = [];
    const colorizer: Colorizer = {
      model: real.model,
      credit: real.credit,
      stride: real.stride,
      sceneModel: ownSize,
      takesFullLuma: real.takesFullLuma,
      provisionalCondition: real.provisionalCondition,
      engine: real.engine,
      device: real.device,
      precision: real.precision,
      embedding: real.embedding,
      notices: [],
      opened: () => real.opened(),
      embeddingSide: real.embeddingSide,
      colorize: (batch) => {
        seen.push(...batch.pictures);
        return real.colorize(batch);
      },
      embed: (pictures) => real.embed(pictures),
      condition: (embedding) => real.condition(embedding),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const output = join(folder, `${title}.mkv`);
    await colorizeFilm(input, output, { size: 64, resources: { ...resources, colorizer } });
    const [picture] = seen;
    t.is(picture?.length, 128 * 64);
    const rows = Array.from({ length: 64 }, (_, row) => row * 128);
    const sides = rows.map((at) => Math.max(picture?.[at + 8] ?? 0, picture?.[at + 120] ?? 0));
    t.is(Math.max(...sides) < 24, hasBars, title);
  }
});
