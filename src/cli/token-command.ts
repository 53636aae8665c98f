import { Command } from 'commander';
import type { TokenOptions } from './token.ts';

/** The command line of `token`. */
export function tokenCommand(): Command {
  return new Command('token')
    .exitOverride()
    .description("makes a viewer's token and the lines that let it in, for the config of `serve`")
    .argument('<name>', 'of the user, for logs and the dashboard')
    .option('--cameras <ids>', 'cameras that the user may see, by commas (default: all)')
    .option('--admin', 'may add, pause and remove cameras, and read /metrics')
    .option('--json', 'as one JSON object')
    .action(async (name: string, options: TokenOptions) => {
      const { runToken } = await import('./token.ts');
      runToken(name, options);
    });
}
