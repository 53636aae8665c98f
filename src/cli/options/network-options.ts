import { Option, type Command } from 'commander';
import { deviceNames } from '../../model/engine/devices.ts';
import { engineNames } from '../../model/engine/engine.ts';
import { precisionNames } from '../../model/engine/precision.ts';
import { filmDefaults } from '../../stream/film/film-options.ts';
import { blendText, numberIn, positive } from './option-values.ts';

/** Adds the options that `file` and `evaluate` share: where the network runs, and how its answer is used. */
export function withNetworkOptions(command: Command): Command {
  return command
    .option(
      '--blend <name=share>',
      'average the colour with that of a second model, such as ddcolor=0.5 (docs/models.md)',
      blendText,
    )
    .option(
      '--embedding <file>',
      'use this network for the scene embedding, if the model was trained with it: an ONNX file, or an Inception-ResNet-v2 as a Keras .h5 file or as the model.json of TensorFlow.js layers',
    )
    .addOption(
      new Option('--engine <name>', 'run the network with this library (tensorflow: see docs/tensorflow.md)')
        .choices(engineNames)
        .default(filmDefaults.engine),
    )
    .addOption(
      new Option('--device <name>', 'run the network on this device (docs/devices.md)')
        .choices(['auto', ...deviceNames])
        .default(filmDefaults.device),
    )
    .addOption(
      new Option('--precision <name>', 'compute the network with these numbers (docs/devices.md)')
        .choices(['auto', ...precisionNames])
        .default(filmDefaults.precision),
    )
    .option(
      '--size <pixels>',
      'short side of the small picture that the network sees, a multiple of 8',
      positive,
      filmDefaults.size,
    )
    .option(
      '--temperature <t>',
      'how far the model averages likely colours, 0.05..2; lower gives livelier colour (default: set by the model)',
      numberIn(0.05, 2),
    )
    .option(
      '--liveliness <l>',
      "how colourful, 0..2: 1 is the model's own level; lower is paler with smaller errors, higher is livelier with larger errors",
      numberIn(0, 2),
      filmDefaults.liveliness,
    )
    .option('--saturation <s>', 'multiply the chroma by this, 0..3', numberIn(0, 3), filmDefaults.saturation)
    .option(
      '--network-every <frames>',
      'run the network on every n-th frame where something moves; motion carries the colour in between',
      positive,
      filmDefaults.networkEvery,
    );
}
