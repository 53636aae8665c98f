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
      context.setExitCode(await runModels(options));
    });
}
