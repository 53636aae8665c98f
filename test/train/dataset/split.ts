import test from 'ava';
import { planShards, type ChosenPicture } from '../../../src/train/dataset/shards/shard-plan.ts';
import { chooseValidation } from '../../../src/train/dataset/split.ts';

const names = Array.from({ length: 4000 }, (_, i) => `folder ${i % 7}/photo ${i}.jpg`);

test('about the requested fraction of the files is for validation', (t) => {
  // 200 expected; four standard deviations of a binomial distribution are 55.
  const count = chooseValidation(names, 0.05, 1).size;
  t.true(Math.abs(count - 200) < 55, String(count));
});

test('files keep their part when others are added, and another seed chooses others', (t) => {
  const few = chooseValidation(names.slice(0, 1000), 0.05, 1);
  const many = chooseValidation(names, 0.05, 1);
  t.deepEqual(
    [...few].filter((name) => !many.has(name)),
    [],
  );
  t.deepEqual(
    names.slice(0, 1000).filter((name) => many.has(name) && !few.has(name)),
    [],
  );
  t.notDeepEqual(chooseValidation(names, 0.05, 2), many);
});

test('of a few files one is for validation; of one file, or with a fraction of 0, none is', (t) => {
  t.is(chooseValidation(['a', 'b', 'c'], 0.05, 1).size, 1);
  t.is(chooseValidation(['a'], 0.05, 1).size, 0);
  t.is(chooseValidation(names, 0, 1).size, 0);
  t.is(chooseValidation(names, 1, 1).size, names.length);
});

const square = { widthPx: 144, heightPx: 144 };
const wide = { widthPx: 192, heightPx: 144 };
const pictures: ChosenPicture[] = names.slice(0, 1000).map((key, i) => ({
  key,
  path: `/photos/${key}`,
  size: i % 3 === 0 ? wide : square,
  split: i % 20 === 0 ? 'validation' : 'train',
}));

test('every picture is planned once, in shards of one shape and split, evenly filled', (t) => {
  const shards = planShards(pictures, 1, 100);
  const planned = shards.flatMap(({ samples }) => samples.map(({ key }) => key));
  t.deepEqual(planned.sort(), pictures.map(({ key }) => key).sort());
  const known = new Map(pictures.map((picture) => [picture.key, picture]));
  for (const { split, size, samples } of shards) {
    t.true(samples.length <= 100 && samples.length > 10);
    for (const { key } of samples) t.like(known.get(key), { split, size });
  }
  t.is(new Set(shards.map(({ file }) => file)).size, shards.length);
});

test('the order depends on the seed, not on the order of the pictures', (t) => {
  t.deepEqual(planShards(pictures.toReversed(), 1, 100), planShards(pictures, 1, 100));
  t.notDeepEqual(planShards(pictures, 2, 100), planShards(pictures, 1, 100));
});

test('the folders are mixed in every shard', (t) => {
  for (const { samples } of planShards(pictures, 1, 100).filter((shard) => shard.samples.length > 50))
    t.is(new Set(samples.map(({ key }) => key.split('/')[0])).size, 7);
});
