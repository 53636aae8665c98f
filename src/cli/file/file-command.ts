import { Command } from 'commander';
import { filmDefaults } from '../../stream/film/film-options.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../options/examples.ts';
import { withFilmOptions } from '../options/film-options.ts';
import { numberIn } from '../options/option-values.ts';
import type { FileOptions } from './file-options.ts';

/** The command line of `file`. */
export function fileCommand(context: CommandContext): Command {
  const command = new Command('file')
    .exitOverride()
    .description('Adds colour to films and pictures')
    .addHelpText(
      'after',
      examples(
        'chromafeed file film.mkv -o colour.mkv',
        'chromafeed file reels/ -o coloured/',
        'chromafeed file film.mkv -o test.mp4 --start 60 --duration 10 --compare split',
        'chromafeed file film.mkv -o frame.png --start 0:05',
        'chromafeed file scan_%04d.png -o film.mkv --frame-rate 18 --codec ffv1',
      ),
    )
    .argument(
      '<input...>',
      'films, pictures, folders, globs, numbered pictures (frame_%04d.png), or - for standard input',
    )
    .option(
      '-o, --output <path>',
      'write the result to this file, or to this folder if there are several inputs; - for standard output (default: NAME.color.EXT beside the input)',
    )
    .option(
      '-r, --recursive',
      'also take the folders inside a folder; the results go into folders with the same names',
    )
    .option('-y, --overwrite', 'replace the output if it already exists')
    .option('--fresh', 'delete unfinished work and start again, instead of resuming it');
  return withFilmOptions(command)
    .option(
      '--frame-rate <fps>',
      'read numbered pictures at this rate',
      numberIn(0.01, 1000),
      filmDefaults.frameRate,
    )
    .option(
      '--skip-bad',
      "if a numbered picture can't be read, show the previous picture instead of refusing the film",
    )
    .option(
      '--contact-sheet <file.jpg>',
      'write one picture that shows each scene before and after; with several films, one for each',
    )
    .option(
      '--report <file.json>',
      'write a report: frames, scenes, model, times, warnings and damage; with several films, one for each',
    )
    .option('--dry-run', 'print the plan and the ffmpeg commands, and do nothing')
    .option('--json', 'print one JSON object per line on standard output')
    .option('-q, --quiet', 'print only errors')
    .action(async (inputs: string[], options: FileOptions) => {
      const { runFile } = await import('./file.ts');
      context.setExitCode(await runFile(inputs, options, context));
    });
}
