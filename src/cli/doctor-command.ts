import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';

/** The command line of `doctor`. */
export function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .exitOverride()
    .description('Checks Node, ffmpeg, devices, models and disk, and says how to fix what is wrong')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { runDoctor } = await import('./run-doctor.ts');
      context.setExitCode(await runDoctor(options, context));
    });
}
