import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { PictureWorkers } from '../../../src/train/dataset/pictures/picture-workers.ts';
import { shapesOf } from '../../../src/train/dataset/pictures/shapes.ts';
import { surveyPictures, type Candidate } from '../../../src/train/dataset/survey.ts';
import type { Split } from '../../../src/train/dataset/shards/sample.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { seededBytes } from '../../helpers/seeded.ts';

test("of two near-duplicates on both sides of a film's division the training picture is left out", async (t) => {
  const folder = await tempFolder(t);
  const candidate = async (seconds: number, scene: number, split: Split): Promise<Candidate> => {
    const path = join(folder, `${seconds}.png`);
    const blobs = { raw: { width: 12, height: 9, channels: 3 } } as const;
    await sharp(Buffer.from(seededBytes(12 * 9 * 3, scene)), blobs)
      .resize(160, 120, { fit: 'fill', kernel: 'cubic' })
      .toFile(path);
    return { path, key: `film.mkv#${seconds}`, split, film: 'film.mkv' };
  };
  const candidates = [
    ...[await candidate(0, 1, 'train'), await candidate(1, 2, 'train'), await candidate(2, 2, 'train')],
    ...[await candidate(3, 2, 'validation'), await candidate(4, 3, 'validation')],
  ];
  await using pool = new PictureWorkers(1);
  const refused: string[] = [];
  const chosen = await surveyPictures(candidates, {
    pool,
    shapes: shapesOf(64),
    minChroma: 4,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onRefused: (key, { detail }) => refused.push(`${key} ${detail}`),
  });
  t.deepEqual(
    chosen.map(({ key }) => key),
    ['film.mkv#3', 'film.mkv#4', 'film.mkv#0'],
  );
  t.deepEqual(refused, ['film.mkv#1 of film.mkv#3', 'film.mkv#2 of film.mkv#3']);
});
