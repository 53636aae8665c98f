import { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../options/examples.ts';
import { numberIn, positive, twoNumbers, wholeFrom } from '../options/option-values.ts';
import type { DatasetOptions } from './run-dataset.ts';

/** The command line of `dataset`. */
export function datasetCommand(context: CommandContext): Command {
  return new Command('dataset')
    .exitOverride()
    .description('Makes a training set (TFRecord) from colour photos and films')
    .addHelpText('after', examples('chromafeed dataset photos/ clips/*.mp4 -o set'))
    .argument('<input...>', 'colour photos and films: files, folders or globs')
    .requiredOption('-o, --output <folder>', 'write the set to this folder; an interrupted run resumes there')
    .option(
      '--validation-fraction <part>',
      'set this share of the files aside for validation, 0..1',
      numberIn(0, 1),
      0.05,
    )
    .option('--validation <folder>', 'validate with the files of this folder instead')
    .option('--seed <n>', 'seed of the random split and order', wholeFrom(0), 1)
    .option('--size <pixels>', 'short side of the pictures in the set, a multiple of 8', positive, 144)
    .option('--min-chroma <c>', 'refuse pictures with a mean chroma below this as gray', numberIn(0, 100), 4)
    .option('--frames-per-video <n>', 'take this many pictures from each film, evenly spaced', positive, 200)
    .option(
      '--embedding <file>',
      "make the scene's vectors with this network instead of Inception v3: an ONNX file, an Inception-ResNet-v2 as a Keras .h5 file or as the model.json of TensorFlow.js layers, or an EfficientNet-Lite with its classifier as .safetensors (docs/training.md)",
    )
    .option(
      '--embedding-range <black,white>',
      'the values of black and white for an ONNX file that takes floats',
      twoNumbers,
      [-1, 1],
    )
    .option('--json', 'print one JSON object per line on standard output')
    .action(async (inputs: string[], options: DatasetOptions) => {
      const { runDataset } = await import('./run-dataset.ts');
      context.setExitCode(await runDataset(inputs, options, context));
    });
}
