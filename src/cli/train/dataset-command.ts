import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { numberIn, positive, wholeFrom } from '../options/option-values.ts';
import type { DatasetOptions } from './dataset.ts';

/** The command line of `dataset`. */
export function datasetCommand(context: CommandContext): Command {
  return new Command('dataset')
    .exitOverride()
    .description('makes a training set (TFRecord) of colour photos and films: files, folders, globs')
    .argument('<input...>', 'what to learn from')
    .requiredOption('-o, --output <folder>', 'where the set goes; a run that was broken off goes on there')
    .option(
      '--validation-fraction <part>',
      'part of the files that is kept for validation, 0..1',
      numberIn(0, 1),
      0.05,
    )
    .option('--validation <folder>', 'validate with these instead')
    .option('--seed <n>', 'of split and order', wholeFrom(0), 1)
    .option('--size <pixels>', 'short side of the pictures, a multiple of 8', positive, 144)
    .option('--min-chroma <c>', 'pictures of less mean chroma count as gray', numberIn(0, 100), 4)
    .option('--frames-per-video <n>', 'pictures that are taken from each film, evenly', positive, 200)
    .option('--json', 'one JSON object a line on standard output')
    .action(async (inputs: string[], options: DatasetOptions) => {
      const { runDataset } = await import('./dataset.ts');
      context.setExitCode(await runDataset(inputs, options, context.signal));
    });
}
