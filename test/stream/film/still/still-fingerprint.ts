import test from 'ava';
import { openFilmResources } from '../../../../src/stream/film/film-resources.ts';
import { filmDefaults } from '../../../../src/stream/film/film-options.ts';
import { stillFingerprint } from '../../../../src/stream/film/still/still-fingerprint.ts';
import { smallEmbedding } from '../../../helpers/small-embedding.ts';

test('the fingerprint of a still depends on its file, format, size, network and precision', async (t) => {
  await using resources = await openFilmResources({
    model: 'starter',
    embedding: smallEmbedding,
    device: 'cpu',
  });
  const { colorizer } = resources;
  const { model, engine, device, embedding } = colorizer;
  const identity = { model, engine, device, embedding, precision: 'float32' } as const;
  const file = Uint8Array.of(1, 2, 3);
  const sums = await Promise.all([
    stillFingerprint(file, 'png', filmDefaults, identity),
    stillFingerprint(file, 'tiff', filmDefaults, identity),
    stillFingerprint(file.slice(1), 'png', filmDefaults, identity),
    stillFingerprint(file, 'png', { ...filmDefaults, size: 96 }, identity),
    stillFingerprint(file, 'png', filmDefaults, { ...identity, precision: 'int8' }),
    stillFingerprint(file, 'png', filmDefaults, { ...identity, device: 'webgpu' }),
  ]);
  t.is(new Set(sums).size, sums.length);
  t.is(await stillFingerprint(file, 'png', filmDefaults, identity), sums[0]);
});
