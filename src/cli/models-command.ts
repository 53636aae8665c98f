import { Command, Option } from 'commander';
import { inputForms, outputForms } from '../model/imported/forms.ts';
import type { CommandContext } from './command-context.ts';
import { examples } from './options/examples.ts';
import { positive } from './options/option-values.ts';
import type { ImportOptions } from './run-import.ts';

/** The command line of `models`. */
export function modelsCommand(context: CommandContext): Command {
  return new Command('models')
    .exitOverride()
    .description('Lists the installed models and checks their files')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => list(options, context))
    .addCommand(listCommand(context))
    .addCommand(importCommand(context))
    .addCommand(removeCommand(context))
    .addCommand(quantizeCommand(context));
}

async function list(options: { json?: boolean }, { streams, setExitCode }: CommandContext): Promise<void> {
  const { runModels } = await import('./run-models.ts');
  setExitCode(await runModels(options, streams));
}

function listCommand(context: CommandContext): Command {
  return new Command('list')
    .exitOverride()
    .description('Lists the installed models and checks their files, as `models` alone does')
    .action(async (_: unknown, command: Command) =>
      list(command.optsWithGlobals<{ json?: boolean }>(), context),
    );
}

function importCommand({ streams }: CommandContext): Command {
  return new Command('import')
    .exitOverride()
    .description(
      'Imports a colorizer from an ONNX file, such as DDColor or DeOldify; then --model takes its name (docs/models.md)',
    )
    .addHelpText(
      'after',
      examples(
        'chromafeed models import ddcolor.onnx --name ddcolor --license Apache-2.0',
        'chromafeed models import siggraph17.onnx --name siggraph17 --license BSD-2-Clause',
        'chromafeed file film.mkv -o colour.mkv --model ddcolor',
      ),
    )
    .argument('<file.onnx>', 'the network, with its weights, in one file')
    .option('--name <name>', 'the name that --model takes (asked for on a terminal)')
    .option(
      '--license <text>',
      'the licence of the network, which is written into every output (asked for on a terminal)',
    )
    .option('--overwrite', 'replace a model that was imported under this name')
    .addOption(
      new Option(
        '--input <form>',
        'what the network takes, if this cannot be found out: CIE lightness, or gray in three channels',
      ).choices(inputForms),
    )
    .addOption(
      new Option('--output <form>', 'what it returns, if this cannot be found out').choices(outputForms),
    )
    .option(
      '--side <pixels>',
      'short side of the pictures, for a network that takes any size (default: 256)',
      positive,
    )
    .action(async (file: string, options: ImportOptions) => {
      const { runImport } = await import('./run-import.ts');
      await runImport(file, options, streams);
    });
}

function removeCommand({ streams }: CommandContext): Command {
  return new Command('remove')
    .exitOverride()
    .description('Deletes a model that you imported or trained')
    .argument('<name>', 'as `chromafeed models` lists it')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: { yes?: boolean }) => {
      const { removeModel } = await import('./remove-model.ts');
      await removeModel(name, options, streams);
    });
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
