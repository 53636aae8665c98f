import test from 'ava';
import { SceneLabels, findScenes, sceneOf } from '../../../src/train/dataset/scene-labels.ts';
import { openDataset } from '../../../src/train/dataset/dataset.ts';
import { tempFolder } from '../../helpers/run-ffmpeg.ts';
import { madeSample, writeMadeDataset } from '../../helpers/training-samples.ts';

const says = test.macro<[string, string | undefined]>({
  exec: (t, key, scene) => t.is(sceneOf(key), scene),
  title: (_, key, scene) => `${key} shows ${scene ?? 'an unknown scene'}`,
});
test(says, 'forest/0001.jpg', 'forest');
test(says, 'photos/forest/oak_1.jpg', 'forest');
test(says, 'animal_003287641a.webp', 'animal');
test(says, 'house-17.jpg', 'house');
test(says, '0001.jpg', undefined);
test(says, 'IMG1234.jpg', undefined);

test('the scenes of a set are those with enough pictures to learn from', async (t) => {
  const dir = await tempFolder(t);
  const size = { widthPx: 16, heightPx: 16 };
  const tags = ['room', 'room', 'room', 'room', 'animal', 'animal', 'animal', 'animal', 'car'];
  const samples = tags.map((tag, i) => madeSample(`${tag}_${i}.jpg`, size));
  await writeMadeDataset(dir, [{ split: 'train', size, samples }]);
  const scenes = await findScenes(await openDataset(dir));
  t.deepEqual(scenes.names, ['animal', 'room']);
  t.deepEqual(
    ['animal_x.jpg', 'room_y.jpg', 'car_z.jpg'].map((key) => scenes.of(key)),
    [0, 1, -1],
  );
});

test('a set without scenes is refused with the way to name them', async (t) => {
  const dir = await tempFolder(t);
  const size = { widthPx: 16, heightPx: 16 };
  const samples = [1, 2, 3, 4, 5].map((number) => madeSample(`${number}.jpg`, size));
  await writeMadeDataset(dir, [{ split: 'train', size, samples }]);
  const error = await t.throwsAsync(findScenes(await openDataset(dir)), { code: 'INPUT_UNSUPPORTED' });
  t.regex(error.message, /expected two or more scenes .* but got none/);
  t.is(new SceneLabels(['a', 'b']).of('b_1.jpg'), 1);
});
