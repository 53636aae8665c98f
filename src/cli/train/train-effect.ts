import type { Command } from 'commander';
import { AppError } from '../../errors.ts';

/** Options, as their values are called, that only a training on a set heeds. */
const ofSets = new Set([
  ...['fresh', 'architecture', 'lambda', 'meanWeight', 'often', 'augment', 'validationPictures', 'features'],
  ...['name', 'modelVersion', 'trainedOn'],
]);
/** And only one on a camera's footage. */
const ofCameras = new Set(['frames', 'heldOut']);

/**
 * Proves that every option that was given has an effect.
 * @throws {AppError} USAGE with those that have none
 */
export function requireEffect(command: Command, isCamera: boolean): void {
  const idle = isCamera ? ofSets : ofCameras;
  const given = command.options.filter((option) => {
    const name = option.attributeName();
    return idle.has(name) && command.getOptionValueSource(name) === 'cli';
  });
  if (given.length === 0) return;
  const names = given.map(({ long }) => long).join(', ');
  throw new AppError(
    'USAGE',
    isCamera
      ? `--camera: expected no ${names}: only training on a set of many places heeds that`
      : `train: expected no ${names} without --camera: only training on a camera's footage heeds that`,
    { cure: `leave ${names} away` },
  );
}
