import { Option, type Command } from 'commander';
import { deviceNames } from '../../model/devices.ts';
import { engineNames } from '../../model/engine.ts';
import { filmDefaults } from '../../stream/film/film-defaults.ts';
import { numberIn, positive } from './option-values.ts';

/** What `file` and `evaluate` both take: what the network runs on, and how its answer is used. */
export function withNetworkOptions(command: Command): Command {
  return command
    .option('--embedding <file>', 'an Inception of your own (ONNX) that the model was trained with')
    .addOption(
      new Option('--engine <name>', 'which library runs the network; tensorflow: docs/tensorflow.md')
        .choices(engineNames)
        .default('onnx'),
    )
    .addOption(
      new Option('--device <name>', 'what the network runs on')
        .choices(['auto', ...deviceNames])
        .default('auto'),
    )
    .option(
      '--size <pixels>',
      "short side of the network's picture, a multiple of 8",
      positive,
      filmDefaults.size,
    )
    .option(
      '--temperature <t>',
      'sharpness of colour choice, 0.05..2: lower is livelier (default: of the model)',
      numberIn(0.05, 2),
    )
    .option('--saturation <s>', 'multiplies the chroma, 0..3', numberIn(0, 3), filmDefaults.saturation)
    .option(
      '--network-every <frames>',
      'the network sees at least every n-th frame; motion carries colour between',
      positive,
      filmDefaults.networkEvery,
    );
}
