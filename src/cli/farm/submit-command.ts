import { Command, Option } from 'commander';
import { containers } from '../../stream/film/encode/encoders.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../options/examples.ts';
import { withFilmOptions } from '../options/film-options.ts';
import { numberIn, positive } from '../options/option-values.ts';
import { withFarmOptions } from './farm-options.ts';
import type { SubmitOptions } from './run-submit.ts';

/** The command line of `submit`. */
export function submitCommand(context: CommandContext): Command {
  const command = new Command('submit')
    .exitOverride()
    .description('Puts films on a queue, from which workers on any machine take them (docs/farm.md)')
    .addHelpText(
      'after',
      examples(
        'chromafeed submit reels/ -o /archive/colour --redis redis://queue.example',
        'chromafeed submit film.mpg -o /archive/colour --container mkv --wait',
        'chromafeed submit s3://archive/reels -o s3://archive/colour',
      ),
    )
    .argument('<film...>', 'films, folders, globs, or s3://BUCKET/FOLDER')
    .requiredOption(
      '-o, --output <folder>',
      'write the films to this folder, which all workers can reach: a shared folder, or s3://BUCKET/FOLDER',
    )
    .option('-r, --recursive', 'also take the folders inside a folder')
    .option('-y, --overwrite', 'replace outputs that were made with other settings')
    .addOption(
      new Option(
        '--container <name>',
        'write films in this container (default: that of the source, or mkv)',
      ).choices(containers),
    )
    .option('--attempts <n>', 'try a film this often before it is parked', positive, 3)
    .option('--priority <n>', 'lower numbers come first, from 1', positive, 100)
    .option(
      '--split-minutes <n>',
      'make longer films in parts of at least this length on several machines; parts start at hard cuts',
      numberIn(0.01, 10_000),
    )
    .option('--wait', 'wait until all films are finished or parked, and show the progress over all workers');
  return withFarmOptions(withFilmOptions(command))
    .option('-q, --quiet', 'print only errors')
    .action(async (films: string[], options: SubmitOptions) => {
      const { runSubmit } = await import('./run-submit.ts');
      context.setExitCode(await runSubmit(films, options, context));
    });
}
