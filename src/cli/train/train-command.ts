import { Command, Option } from 'commander';
import { defaultModel } from '../../model/default-model.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../options/examples.ts';
import { numberIn, viewWeightFrom, positive } from '../options/option-values.ts';
import type { ViewWeight } from '../../train/run/view-weights.ts';
import { trainableParts } from '../../train/features/trainable-part.ts';
import { classSources, objectiveKinds } from '../../train/learn/choices.ts';
import { architectures } from '../../model/tables/network.ts';
import { supervise } from './supervise.ts';
import { requireEffect } from './train-effect.ts';
import type { AskedCameraOptions, AskedOptions } from './train-options.ts';

/** The command line of `train`: for training sets, and with `--camera` for one camera. */
export function trainCommand(context: CommandContext): Command {
  return new Command('train')
    .exitOverride()
    .description(
      'Trains a model on a set made by `chromafeed dataset`, or with --camera on the footage of one camera',
    )
    .addHelpText(
      'after',
      examples(
        'chromafeed train set -o run',
        'chromafeed train set -o run --recipe zhang2016',
        'chromafeed train --camera gate footage/*.mp4',
      ),
    )
    .argument('<input...>', 'the folder of the training set; with --camera, colour films from that camera')
    .option(
      '--recipe <name|file>',
      'train as this recipe says; options on the command line replace its settings (docs/training.md)',
    )
    .option(
      '--camera <name>',
      'make a model for one fixed camera, and install it only if it is better than the previous model',
    )
    .option('--frames <n>', 'with --camera: take this many pictures from the films', positive, 240)
    .addOption(
      new Option(
        '--held-out <part>',
        'with --camera: keep this last share of the footage for the test, 0.1..0.9',
      )
        .argParser(numberIn(0.1, 0.9))
        .default(1 / 3, 'one third'),
    )
    .option(
      '-o, --output <folder>',
      'write the run to this folder; an interrupted run resumes there (with --camera: write the finished model to this folder; default: the data folder, where --model NAME finds it)',
    )
    .option('--from <name|folder>', 'start from this model', defaultModel)
    .option(
      '--fresh',
      'start the trained part from random weights (with --objective mse, with a regression head)',
    )
    .addOption(
      new Option(
        '--architecture <name>',
        'with --fresh: use this network architecture (default: that of --from)',
      ).choices([...architectures]),
    )
    .addOption(
      new Option('--train <part>', 'train this part of the network and leave the rest as it is')
        .choices([...trainableParts])
        .default('decoder'),
    )
    .addOption(
      new Option(
        '--objective <name>',
        'what to minimise: mse or huber, the colour error; rebalanced, the error of colour classes, with rare colours weighted up (default: rebalanced; camera: huber)',
      ).choices([...objectiveKinds]),
    )
    .option(
      '--lambda <share>',
      'rebalanced: 0 weights rare colours up in full, 1 weights all colours equally',
      numberIn(0, 1),
      0.5,
    )
    .option(
      '--mean-weight <w>',
      "rebalanced: add the error of the model's averaged colour to the loss, times this weight",
      numberIn(0, 1000),
      0,
    )
    .option(
      '--temperature <t>',
      'rebalanced: average the likely colours at this temperature during training (default: set by the model)',
      numberIn(0.05, 5),
    )
    .option(
      '--perceptual-weight <w>',
      'add the difference that the first layers of Inception see, times this weight',
      numberIn(0, 1000),
    )
    .option(
      '--scene-weight <w>',
      'learn the kind of scene, too, from folders or from the tags in front of file names, with this weight',
      numberIn(0, 1000),
    )
    .option(
      '--grow <layers>',
      'train and freeze the layers up to each of these, separated by commas, before the rest',
      (text: string) => text.split(','),
    )
    .addOption(
      new Option(
        '--classes <source>',
        'with --fresh: classes of colour that sRGB can show on a grid of 10 (gamut), or those of --from (model)',
      ).choices([...classSources]),
    )
    .option('--width <w>', 'with --fresh: multiply the channels of a published network', numberIn(1 / 64, 2))
    .option('--attention', 'with --fresh: add self-attention to the decoder')
    .option(
      '--backbone <file>',
      'with --fresh --architecture resnet-unet --train all: start the encoder from your own ResNet-34, an ONNX file, a Keras .h5 file or the model.json of TensorFlow.js layers',
    )
    .option('--epochs <n>', 'stop after this many epochs at the latest (default: 50; camera: 5)', positive)
    .option(
      '--pictures <n>',
      'learn from this many pictures in all, variations counted; a recipe shares them among its phases',
      positive,
    )
    .option(
      '--epoch-batches <n>',
      'judge the network after this many batches (default: all of them)',
      positive,
    )
    .option('--batch-size <n>', 'pictures per training step (default: 16; camera: 8)', positive)
    .option('--learning-rate <r>', 'highest learning rate of the run (default: 0.001)', numberIn(1e-7, 1))
    .addOption(
      new Option(
        '--schedule <name>',
        'how the learning rate falls: plateau, to a tenth when validation stops improving; cosine, smoothly to 1 % at the end (default: plateau; camera: cosine)',
      ).choices(['plateau', 'cosine']),
    )
    .option(
      '--warm-up <steps>',
      'raise the learning rate from zero over this many steps (default: 0; camera: 20)',
      numberIn(0, 1e6),
    )
    .option(
      '--patience <epochs>',
      'plateau: lower the learning rate after this many epochs without a better score',
      positive,
      3,
    )
    .option(
      '--stop-after <epochs>',
      'end the run after this many epochs without a better score (default: 8; camera: 5)',
      positive,
    )
    .option('--clip <norm>', "limit the length of each step's gradient to this", numberIn(1e-3, 1e6), 5)
    .option(
      '--average <decay>',
      'decay of the moving average of the weights; 0 turns it off (default: 0.999; camera: 0.98)',
      numberIn(0, 0.99999),
    )
    .option(
      '--embedding-dropout <share>',
      'train this share of the pictures without the scene embedding and the others with half of it; 0 always uses all of it (default: 0.3; camera: 0)',
      numberIn(0, 1),
    )
    .option('--views <n>', 'make this many random variations of each picture', positive, 2)
    .addOption(
      new Option(
        '--often <glob=times>',
        'make this many times more variations of pictures whose names match; may be repeated',
      )
        .argParser((text: string, before: readonly ViewWeight[]) => [...before, viewWeightFrom(text)])
        .default([] as readonly ViewWeight[], 'none'),
    )
    .option('--augment <strength>', 'strength of the random variations; 0 turns them off', numberIn(0, 2), 1)
    .option('--validation-pictures <n>', 'judge each epoch by this many pictures', positive, 200)
    .option(
      '--features <folder>',
      'cache the output of the frozen part here; several runs can share it (default: in the run)',
    )
    .addOption(
      new Option('--backend <name>', 'run TensorFlow.js on this backend (docs/tensorflow.md)')
        .choices(['auto', 'gpu', 'native', 'wasm'])
        .default('auto'),
    )
    .option('--threads <n>', 'train on this many processor threads (default: one per core)', positive)
    .option(
      '--seed <n>',
      'seed of all random choices; the same seed gives the same run',
      numberIn(0, 2 ** 31),
      1,
    )
    .option('--name <name>', 'name of the new model', 'trained')
    .option('--model-version <n>', 'version number of the new model', positive, 1)
    .option(
      '--trained-on <text>',
      'which pictures the model was trained on and on what terms, for its manifest',
      'not stated',
    )
    .option('--licence <text>', 'licence of the weights, for the manifest', 'not stated')
    .option('--json', 'print one JSON object per line on standard output')
    .action(async (inputs: string[], options: AskedOptions | AskedCameraOptions, command: Command) => {
      requireEffect(command, 'camera' in options);
      if (context.isSupervised) {
        context.setExitCode(await train(inputs, options, { command, context }));
      } else {
        const [, script = '', ...args] = process.argv;
        context.setExitCode(await supervise({ script, args, signal: context.signal }));
      }
    });
}

async function train(
  inputs: readonly string[],
  options: AskedOptions | AskedCameraOptions,
  { command, context }: { readonly command: Command; readonly context: CommandContext },
): Promise<number> {
  if ('camera' in options) {
    const { runTrainCamera } = await import('./run-train-camera.ts');
    return runTrainCamera(inputs, options, context);
  }
  const { runTrain } = await import('./run-train.ts');
  return runTrain(inputs, { ...options, named: namedOptions(command) }, context);
}

/** The options (by the names of their values) that the user wrote on the command line. */
function namedOptions(command: Command): ReadonlySet<string> {
  const names = command.options.map((option) => option.attributeName());
  return new Set(names.filter((name) => command.getOptionValueSource(name) === 'cli'));
}
