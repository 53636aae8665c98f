import test from 'ava';
import { configSchema } from '../../../src/config/schema.ts';
import { LiveModels } from '../../../src/stream/serve/live-models.ts';

test('the default model colours before there is a palette, a model that never learnt to does not', async (t) => {
  const { engine } = configSchema.parse({ engine: { threads: 1 } });
  await using models = new LiveModels(engine, () => undefined);
  const trunk = await models.network({ name: 'trunk' });
  t.deepEqual(trunk.provisional, new Float32Array(256));
  const picture = new Uint8Array(64 * 64).map((_, i) => (i * 7) % 256);
  const [answer] = await trunk.network.colorize({
    pictures: [picture],
    size: { widthPx: 64, heightPx: 64 },
    conditions: [trunk.provisional ?? new Float32Array()],
  });
  t.is(answer?.length, 2 * 16 * 16);
  const starter = await models.network({ name: 'starter' });
  t.is(starter.provisional, undefined);
});
