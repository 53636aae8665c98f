import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { batchOf, ceiling, closeFrozen, learn, rebalanced, sample } from '../../helpers/one-picture.ts';

test.before(() => openTensorflow('wasm', { threads: 1 }));
test.after.always(closeFrozen);

test.serial('with rebalanced the result is within 2 dB of what bins and resizing allow', async (t) => {
  const batch = await batchOf(sample, 4);
  const { psnrDb: reached } = learn(batch, rebalanced);
  const best = ceiling(batch);
  t.true(reached >= best - 2, `${reached} of ${best}`);
});
