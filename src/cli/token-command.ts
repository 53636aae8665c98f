import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { examples } from './options/examples.ts';
import type { TokenOptions } from './run-token.ts';

/** The command line of `token`. */
export function tokenCommand({ streams }: CommandContext): Command {
  return new Command('token')
    .exitOverride()
    .description('Makes an access token for a viewer and prints the lines to add to the config of `serve`')
    .addHelpText('after', examples('chromafeed token alice --cameras gate,yard'))
    .argument('<name>', 'name of the user, shown in logs and on the dashboard')
    .option('--cameras <ids>', 'cameras that the user may see, separated by commas (default: all)')
    .option('--admin', 'let the user add, pause and remove cameras, and read /metrics')
    .option('--json', 'print one JSON object')
    .action(async (name: string, options: TokenOptions) => {
      const { runToken } = await import('./run-token.ts');
      runToken(name, options, streams);
    });
}
