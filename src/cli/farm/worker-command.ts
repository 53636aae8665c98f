import { Command, Option } from 'commander';
import { deviceNames } from '../../model/engine/devices.ts';
import { filmDefaults } from '../../stream/film/film-options.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../options/examples.ts';
import { positive } from '../options/option-values.ts';
import { withFarmOptions } from './farm-options.ts';
import type { WorkerCliOptions } from './run-worker.ts';

/** The command line of `worker`. */
export function workerCommand(context: CommandContext): Command {
  const command = new Command('worker')
    .exitOverride()
    .description('Takes films from a queue and colours them, until it is stopped (docs/farm.md)')
    .addHelpText(
      'after',
      examples('chromafeed worker --redis redis://queue.example', 'chromafeed worker --until-empty'),
    )
    .option('--concurrency <n>', 'colour this many films at the same time', positive, 1)
    .option('--until-empty', 'end when the queue is empty and nothing is being made')
    .addOption(
      new Option('--device <name>', 'run the network on this device, if a film leaves it open')
        .choices(['auto', ...deviceNames])
        .default(filmDefaults.device),
    );
  return withFarmOptions(command)
    .option('-q, --quiet', 'print only errors')
    .action(async (options: WorkerCliOptions) => {
      const { runWorker } = await import('./run-worker.ts');
      context.setExitCode(await runWorker(options, context));
    });
}
