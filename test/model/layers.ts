import test from 'ava';
import { networkSteps, weightShapes } from '../../src/model/layers.ts';

test('the encoder and decoder are those of the seed', (t) => {
  const steps = networkSteps({ kind: 'regression', stride: 2 });
  const table = steps.map((step) =>
    step.kind === 'conv' ? `${step.outChannels}${step.stride === 2 ? '/s2' : ''}` : step.kind,
  );
  t.deepEqual(table, [
    ...['64/s2', '128', '128/s2', '256', '256/s2', '512', '512', '256'],
    'fuse',
    ...['128', 'upsample', '64', '64', 'upsample', '32', '2', 'scale'],
  ]);
});

test('each layer takes the channels that the one before gives', (t) => {
  for (const head of [
    { kind: 'regression', stride: 2 } as const,
    { kind: 'classification', stride: 4, classes: 9 } as const,
  ]) {
    let channels = 1;
    for (const step of networkSteps(head)) {
      if (step.kind !== 'conv') continue;
      t.is(step.inChannels, channels, step.name);
      channels = step.outChannels;
    }
  }
});

test('a classification model of 189 classes has 7 million weights', (t) => {
  const shapes = weightShapes({ kind: 'classification', stride: 4, classes: 189 }, 2048);
  const count = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  // The starter file: 13,674,062 bytes of 2 bytes a weight, less its header of 2,656 bytes.
  t.is(count, (13_674_062 - 2_656) / 2);
});
