import type { Command } from 'commander';
import { AppError } from '../../errors.ts';

/** Options (by the names of their values) that only affect training on a set. */
const ofSets = new Set([
  ...[
    'recipe',
    'fresh',
    'architecture',
    'lambda',
    'meanWeight',
    'often',
    'augment',
    'validationPictures',
    'features',
  ],
  ...[
    'name',
    'modelVersion',
    'trainedOn',
    'perceptualWeight',
    'sceneWeight',
    'grow',
    'classes',
    'width',
    'attention',
    'backbone',
  ],
  ...['epochBatches', 'pictures'],
]);
/** Options that only affect training on a camera's footage. */
const ofCameras = new Set(['frames', 'heldOut']);

/**
 * Checks that every option on the command line has an effect.
 * @throws {AppError} USAGE that names the options without effect
 */
export function requireEffect(command: Command, isCamera: boolean): void {
  const idle = isCamera ? ofSets : ofCameras;
  const idleOptions = command.options.filter((option) => {
    const name = option.attributeName();
    return idle.has(name) && command.getOptionValueSource(name) === 'cli';
  });
  if (idleOptions.length === 0) return;
  const names = idleOptions.map(({ long }) => long).join(', ');
  throw new AppError(
    'USAGE',
    isCamera
      ? `--camera: expected no ${names}: that only affects training on a set`
      : `train: expected no ${names} without --camera: that only affects training on a camera's footage`,
    { cure: `leave out ${names}` },
  );
}
