import { rm } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { unwritable } from '../files/write-failure.ts';
import { plainText } from '../log/plain-text.ts';
import { modelFolders } from '../model/model-folders.ts';
import { askUser, canAsk } from './ask-user.ts';
import type { CommandStreams } from './command-context.ts';

/**
 * Deletes a model from the user's data folder. It asks first, because a trained model cannot be fetched again.
 * @throws {AppError} USAGE for a name that is no user's model, or if nobody can be asked; OUTPUT_UNWRITABLE
 */
export async function removeModel(
  name: string,
  { yes }: { readonly yes?: boolean },
  streams: CommandStreams,
): Promise<void> {
  const found = modelFolders().find((model) => model.name === name);
  if (found?.origin !== 'user')
    throw new AppError(
      'USAGE',
      `models remove: expected a model that you imported or trained but got ${plainText(name)}`,
      {
        cure:
          found === undefined
            ? 'run `chromafeed models`, which lists them'
            : `it came with chromafeed: npm uninstall @chromafeed/model-${name}`,
      },
    );
  if (yes !== true && !(await isSure(found.dir, streams))) {
    streams.stdout.write('Nothing was deleted.\n');
    return;
  }
  await rm(found.dir, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(found.dir, cause, 'correct the permissions of the folder');
  });
  streams.stdout.write(`${plainText(found.dir)}: deleted\n`);
}

async function isSure(dir: string, streams: CommandStreams): Promise<boolean> {
  if (!canAsk(streams))
    throw new AppError('USAGE', 'models remove: expected a terminal to ask on but there is none', {
      cure: 'add --yes',
    });
  return /^y(es)?$/i.test(await askUser(`Delete ${plainText(dir)}? [y/N] `, streams));
}
