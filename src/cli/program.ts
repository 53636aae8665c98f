import { Command } from 'commander';
import { packageVersion } from '../version.ts';
import type { CommandContext } from './command-context.ts';
import { doctorCommand } from './doctor-command.ts';
import { evaluateCommand } from './evaluate/evaluate-command.ts';
import { queueCommand } from './farm/queue-command.ts';
import { submitCommand } from './farm/submit-command.ts';
import { workerCommand } from './farm/worker-command.ts';
import { fileCommand } from './file/file-command.ts';
import { modelsCommand } from './models-command.ts';
import { serveCommand } from './serve-command.ts';
import { tokenCommand } from './token-command.ts';
import { datasetCommand } from './train/dataset-command.ts';
import { trainCommand } from './train/train-command.ts';

/**
 * Builds the command line. Parsing it runs the command. Each command loads only its own code, because loading
 * everything takes a second.
 */
export function buildProgram(context: CommandContext): Command {
  const program = new Command('chromafeed')
    .description(
      'Adds colour to grayscale films and camera feeds. The colour is a guess; the luma does not change.',
    )
    .version(packageVersion)
    .exitOverride()
    .showHelpAfterError('(chromafeed --help lists the commands)')
    .showSuggestionAfterError();
  program.addCommand(fileCommand(context));
  program.addCommand(serveCommand(context));
  program.addCommand(datasetCommand(context));
  program.addCommand(trainCommand(context));
  program.addCommand(evaluateCommand(context));
  program.addCommand(doctorCommand(context));
  program.addCommand(modelsCommand(context));
  program.addCommand(tokenCommand(context));
  program.addCommand(submitCommand(context));
  program.addCommand(workerCommand(context));
  program.addCommand(queueCommand(context));
  return program;
}
