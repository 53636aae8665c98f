import { Command, Option } from 'commander';
import { evaluationDefaults } from '../../evaluate/evaluation-settings.ts';
import { defaultModel } from '../../model/default-model.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../options/examples.ts';
import { withNetworkOptions } from '../options/network-options.ts';
import { positive } from '../options/option-values.ts';
import type { EvaluateOptions } from './run-evaluate.ts';

/** The command line of `evaluate`. */
export function evaluateCommand(context: CommandContext): Command {
  const command = new Command('evaluate')
    .exitOverride()
    .description(
      'Measures models: turns colour photos and clips gray, colours them as `file` does, and compares the result with the original colour (docs/evaluation.md)',
    )
    .addHelpText(
      'after',
      examples(
        'chromafeed evaluate photos/ clips/ --report report.html',
        'chromafeed evaluate photos/ --model trunk --model runs/model',
      ),
    )
    .argument('<input...>', 'colour photos and clips: files, folders or globs')
    .addOption(
      new Option(
        '--model <name|folder>',
        `measure this model; repeat the option to compare several (default: ${defaultModel})`,
      ).argParser((value: string, before?: string[]) => [...(before ?? []), value]),
    )
    .option('--frames <n>', 'use only the first n frames of each clip', positive)
    .option(
      '--every <k>',
      'compute the slow measures on every k-th frame only',
      positive,
      evaluationDefaults.every,
    )
    .option(
      '--width <pixels>',
      'shrink clips and photos that are wider than this first',
      positive,
      evaluationDefaults.widthPx,
    )
    .option('--every-file <n>', 'use only every n-th file', positive, 1);
  return withNetworkOptions(command)
    .option('--json <file>', 'write every figure of every file as JSON; - for standard output')
    .option('--report <file.html>', 'write one HTML page with tables and pictures')
    .option('--work <folder>', 'keep the results of finished files here, so that the same command can resume')
    .action(async (inputs: string[], options: EvaluateOptions) => {
      const { runEvaluate } = await import('./run-evaluate.ts');
      context.setExitCode(await runEvaluate(inputs, options, context));
    });
}
