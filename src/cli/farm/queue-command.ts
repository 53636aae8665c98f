import { Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../options/examples.ts';
import { wholeFrom } from '../options/option-values.ts';
import { withFarmOptions, type FarmCliOptions } from './farm-options.ts';
import type * as Run from './run-queue.ts';

/** The command line of `queue`. */
export function queueCommand(context: CommandContext): Command {
  const run = async (what: (run: typeof Run) => Promise<void>): Promise<void> =>
    what(await import('./run-queue.ts'));
  const part = (name: string, text: string): Command =>
    withFarmOptions(new Command(name).exitOverride().description(text));
  const films = '<film...>';
  const filmsText = 'ids of films, or their first characters as chromafeed queue shows them';
  const queue = withFarmOptions(
    new Command('queue')
      .exitOverride()
      .description('Shows and steers the queue of films (docs/farm.md)')
      .addHelpText(
        'after',
        examples(
          'chromafeed queue',
          'chromafeed queue retry 3fa09c1d',
          'chromafeed queue priority 1 3fa09c1d',
        ),
      ),
  )
    .option(
      '--serve <port>',
      'serve a page with the queue to this machine, and /metrics for Prometheus, until it is stopped',
      wholeFrom(0),
    )
    .action(async (options: Run.QueueOptions) => run((it) => it.showQueue(options, context)));
  const options = (command: Command): FarmCliOptions => command.optsWithGlobals();
  return queue
    .addCommand(
      part('show', 'Prints everything that the queue knows of a film, with its log')
        .argument('<film>', 'id of the film')
        .action(async (film: string, _: unknown, command: Command) =>
          run((it) => it.showFilm(film, options(command), context)),
        ),
    )
    .addCommand(
      part('pause', 'Lets no worker take a film; films that are being made are finished').action(
        async (_: unknown, command: Command) => run((it) => it.pauseQueue(options(command), context)),
      ),
    )
    .addCommand(
      part('resume', 'Lets the workers take films again').action(async (_: unknown, command: Command) =>
        run((it) => it.resumeQueue(options(command), context)),
      ),
    )
    .addCommand(
      part('retry', 'Lets parked films run again')
        .argument('[film...]', `${filmsText} (default: all parked films)`)
        .action(async (ids: string[], _: unknown, command: Command) =>
          run((it) => it.retryFilms(ids, options(command), context)),
        ),
    )
    .addCommand(
      part('cancel', 'Removes films from the queue, and deletes the unfinished work on them')
        .argument(films, filmsText)
        .action(async (ids: string[], _: unknown, command: Command) =>
          run((it) => it.cancelFilms(ids, options(command), context)),
        ),
    )
    .addCommand(
      part('priority', 'Changes the order of films that wait')
        .argument('<n>', 'lower numbers come first, from 1; films are submitted with 100', priority)
        .argument(films, filmsText)
        .action(async (n: number, ids: string[], _: unknown, command: Command) =>
          run((it) => it.setPriority(n, ids, options(command), context)),
        ),
    );
}

/** BullMQ's largest priority. */
const mostPriority = 2_097_152;

function priority(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= mostPriority) return value;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${mostPriority}.`);
}
