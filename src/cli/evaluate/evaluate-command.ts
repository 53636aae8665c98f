import { Command, Option } from 'commander';
import { evaluationDefaults } from '../../evaluate/settings.ts';
import { defaultModel } from '../../model/default-model.ts';
import type { CommandContext } from '../command-context.ts';
import { withNetworkOptions } from '../options/network-options.ts';
import { positive } from '../options/option-values.ts';
import type { EvaluateOptions } from './evaluate.ts';

/** The command line of `evaluate`. */
export function evaluateCommand(context: CommandContext): Command {
  const command = new Command('evaluate')
    .exitOverride()
    .description(
      'measures models: makes colour photos and clips gray, colours them as `file` does, compares with the truth (docs/evaluation.md)',
    )
    .argument('<input...>', 'colour photos and clips: files, folders, globs')
    .addOption(
      new Option(
        '--model <name|folder>',
        `the network; repeat it to compare several (default: ${defaultModel})`,
      ).argParser((value: string, before?: string[]) => [...(before ?? []), value]),
    )
    .option('--frames <n>', 'only so many frames from the beginning of each clip', positive)
    .option(
      '--every <k>',
      'the slow measures look at one frame in so many',
      positive,
      evaluationDefaults.every,
    )
    .option(
      '--width <pixels>',
      'wider clips and photos are made smaller first',
      positive,
      evaluationDefaults.widthPx,
    )
    .option('--every-file <n>', 'only one file in so many', positive, 1);
  return withNetworkOptions(command)
    .option('--json <file>', 'every figure of every file; - for standard output')
    .option('--report <file.html>', 'a page with tables and pictures, in one file')
    .option('--work <folder>', 'keeps the results of finished files: the same command goes on from there')
    .action(async (inputs: string[], options: EvaluateOptions) => {
      const { runEvaluate } = await import('./evaluate.ts');
      context.setExitCode(await runEvaluate(inputs, options, context.signal));
    });
}
