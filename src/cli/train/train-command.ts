import { Command, Option } from 'commander';
import { defaultModel } from '../../model/default-model.ts';
import type { CommandContext } from '../command-context.ts';
import { numberIn, oftenFrom, positive } from '../options/option-values.ts';
import type { Often } from '../../train/run/often.ts';
import { trainableParts } from '../../train/features/trainable-part.ts';
import type { CameraOptions } from './train-camera.ts';
import { requireEffect } from './train-effect.ts';
import type { TrainOptions } from './train.ts';

/** The command line of `train`, for sets and for cameras. */
export function trainCommand(context: CommandContext): Command {
  return new Command('train')
    .exitOverride()
    .description(
      'trains a model on a set that `chromafeed dataset` made, or with --camera on footage of one camera',
    )
    .argument('<input...>', "the folder of the set; with --camera the camera's colour films")
    .option('--camera <name>', 'make a model of one fixed camera, installed only when it is better')
    .option('--frames <n>', 'pictures taken from the films of a camera', positive, 240)
    .option(
      '--held-out <part>',
      'last part of the time that a camera is judged by, 0.1..0.9',
      numberIn(0.1, 0.9),
      1 / 3,
    )
    .option(
      '-o, --output <folder>',
      'where the run goes, and goes on when it was broken off (camera: where its model goes)',
    )
    .option('--from <name|folder>', 'the model to start from', defaultModel)
    .option(
      '--fresh',
      'start the trained part from random weights; with --objective mse with a regression head',
    )
    .addOption(
      new Option('--architecture <name>', 'of the network, with --fresh (default: that of --from)').choices([
        'koalarization',
        'inception-trunk',
      ]),
    )
    .addOption(
      new Option('--train <part>', 'what is trained; the rest stays as it is')
        .choices([...trainableParts])
        .default('decoder'),
    )
    .addOption(
      new Option(
        '--objective <name>',
        'mse, huber: least error; rebalanced: classes, rare colours raised (default; camera: huber)',
      ).choices(['mse', 'rebalanced', 'huber']),
    )
    .option('--lambda <share>', 'how far classes are weighed alike, 0..1', numberIn(0, 1), 0.5)
    .option(
      '--mean-weight <w>',
      "how much the annealed mean's own error counts besides",
      numberIn(0, 1000),
      0,
    )
    .option('--temperature <t>', "of the annealed mean in training (default: the model's)", numberIn(0.05, 5))
    .option('--epochs <n>', 'at most so many (default: 50; camera: 5)', positive)
    .option('--batch-size <n>', 'pictures a step (default: 16; camera: 8)', positive)
    .option('--learning-rate <r>', 'at its greatest (default: 0.001)', numberIn(1e-7, 1))
    .addOption(
      new Option(
        '--schedule <name>',
        'plateau: a tenth when validation stands still; cosine: down to 1 % at the end (default: plateau; camera: cosine)',
      ).choices(['plateau', 'cosine']),
    )
    .option(
      '--warm-up <steps>',
      'over which the learning rate rises (default: 0; camera: 20)',
      numberIn(0, 1e6),
    )
    .option('--patience <epochs>', 'without a better score, until the learning rate falls', positive, 3)
    .option(
      '--stop-after <epochs>',
      'without a better score, until the run ends (default: 8; camera: 5)',
      positive,
    )
    .option('--clip <norm>', "greatest length of a step's gradient", numberIn(1e-3, 1e6), 5)
    .option(
      '--average <decay>',
      'of the moving average of weights, 0: none (default: 0.999; camera: 0.98)',
      numberIn(0, 0.99999),
    )
    .option(
      '--embedding-dropout <share>',
      'of pictures learnt without embedding, the others with half of its numbers; 0: with all (default: 0.3; camera: 0)',
      numberIn(0, 1),
    )
    .option('--views <n>', 'how often each picture is varied', positive, 2)
    .option(
      '--often <glob=times>',
      'pictures whose names match have so many times the views; may be repeated',
      (text: string, before: readonly Often[]) => [...before, oftenFrom(text)],
      [] as readonly Often[],
    )
    .option('--augment <strength>', 'how strongly, 0: not at all', numberIn(0, 2), 1)
    .option('--validation-pictures <n>', 'that each epoch is judged by', positive, 200)
    .option('--features <folder>', 'cache of the frozen part, which runs may share (default: in the run)')
    .addOption(
      new Option('--backend <name>', 'of TensorFlow.js')
        .choices(['auto', 'gpu', 'native', 'wasm'])
        .default('auto'),
    )
    .option('--threads <n>', 'of the processor, to train on (default: one a core)', positive)
    .option('--seed <n>', 'the same seed gives the same run', numberIn(0, 2 ** 31), 1)
    .option('--name <name>', 'of the new model', 'trained')
    .option('--model-version <n>', 'of the new model', positive, 1)
    .option('--trained-on <text>', 'for the manifest: which pictures, on what terms', 'not stated')
    .option('--licence <text>', 'for the manifest: of the weights', 'not stated')
    .option('--json', 'JSON lines on standard output')
    .action(
      async (inputs: string[], options: Partial<TrainOptions> & { camera?: string }, command: Command) => {
        requireEffect(command, options.camera !== undefined);
        const { runTrain } = await import('./train.ts');
        const { runTrainCamera } = await import('./train-camera.ts');
        const run = options.camera === undefined ? runTrain : runTrainCamera;
        context.setExitCode(await run(inputs, options as TrainOptions & CameraOptions, context.signal));
      },
    );
}
