import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';

/** The command line of `models`. */
export function modelsCommand(context: CommandContext): Command {
  return new Command('models')
    .exitOverride()
    .description('Lists the installed models and checks their files')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { runModels } = await import('./run-models.ts');
      context.setExitCode(await runModels(options, context.streams));
    })
    .addCommand(quantizeCommand(context));
}

function quantizeCommand({ streams }: CommandContext): Command {
  return new Command('quantize')
    .exitOverride()
    .description(
      'Measures the ranges of a model on photos, so that a CPU can compute it in 8 bits (docs/devices.md)',
    )
    .argument('<model>', 'a model of your own, or a folder with model.json; its model.json is changed')
    .argument('<photo...>', 'photos like those that the model colours: files, folders or globs')
    .action(async (model: string, photos: readonly string[]) => {
      const { quantizeModel } = await import('./quantize-model.ts');
      const { photos: count, meanDifference, meanChroma } = await quantizeModel(model, photos);
      streams.stdout.write(
        `${model}: ready for 8 bits. On ${count} other photos a* and b* change by ${meanDifference.toFixed(2)} on average` +
          ` (their mean size is ${meanChroma.toFixed(2)})\n`,
      );
    });
}
