import test from 'ava';
import { bundledEmbedding } from '../../../src/model/embedding/embedding-file.ts';
import { LazyEmbedding } from '../../../src/model/embedding/lazy-embedding.ts';
import { loadModel } from '../../../src/model/model.ts';

test('an idle embedding network is closed, and the next picture opens it again with the same result', async (t) => {
  const { manifest, dir } = await loadModel('efficientnet-lite');
  const bundled = await bundledEmbedding();
  const spec = { ...manifest.embedding, model: dir };
  await using lazy = new LazyEmbedding({ path: bundled.path, bundled }, spec, { device: 'cpu', threads: 1 });
  const picture = Uint8Array.from({ length: spec.input ** 2 }, (_, i) => (i * 7) % 251);
  const [before] = await lazy.embed([picture]);
  const opened = lazy.open();
  await lazy.closeIfIdle();
  t.is(lazy.open(), opened, 'it stays open just after a picture');
  await lazy.closeIfIdle(performance.now() + 30_000);
  await t.throwsAsync((await opened).embed([picture]), undefined, 'it is closed after half a minute');
  const [after] = await lazy.embed([picture]);
  t.deepEqual(after, before);
});
