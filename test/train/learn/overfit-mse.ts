import test from 'ava';
import { openTensorflow } from '../../../src/model/tfjs/backend.ts';
import { batchOf, closeFrozen, learn, mse, sample, throughTfrecord } from '../../helpers/one-picture.ts';

test.before(() => openTensorflow('wasm', { threads: 1 }));
test.after.always(closeFrozen);

test.serial('a batch through TFRecord is the batch made directly, and gives the same losses', async (t) => {
  const read = await throughTfrecord(t);
  t.deepEqual(await batchOf(read, 2), await batchOf(sample, 2));
  const few = { ...mse, steps: 3 };
  t.deepEqual(learn(await batchOf(read, 2), few).losses, learn(await batchOf(sample, 2), few).losses);
});

test.serial('one picture is learnt by heart with mse, through TFRecord as directly: 35 dB', async (t) => {
  const batch = await batchOf(await throughTfrecord(t), 2);
  t.deepEqual(batch, await batchOf(sample, 2), 'what holds for one holds for the other');
  const { psnrDb: reached } = learn(batch, mse);
  t.true(reached >= 35, `${reached}`);
});
