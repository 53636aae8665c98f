import { Command, Option } from 'commander';
import { filmDefaults } from '../stream/film/film-defaults.ts';
import { evaluationDefaults } from '../evaluate/settings.ts';
import { defaultModel } from '../model/default-model.ts';
import { deviceNames } from '../model/devices.ts';
import { engineNames } from '../model/engine.ts';
import { packageVersion } from '../version.ts';
import type { CommandContext } from './command-context.ts';
import type { DatasetOptions } from './train/dataset.ts';
import type { EvaluateOptions } from './evaluate/evaluate.ts';
import type { FileOptions } from './file/file.ts';
import type { ServeCliOptions } from './serve.ts';
import { numberIn, positive, wholeFrom } from './option-values.ts';
import type { TokenOptions } from './token.ts';
import { trainCommand } from './train/train-command.ts';

/** Builds the command line; parsing it runs the command. Each command loads its own code: the whole takes a second. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command('chromafeed')
    .description(
      'Puts colour into grayscale film and camera feeds. The colour is a guess; the luma is untouched.',
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
  program.addCommand(tokenCommand());
  return program;
}

function fileCommand(context: CommandContext): Command {
  const command = new Command('file')
    .exitOverride()
    .description(
      'colorize films and pictures: files, folders, globs, numbered pictures (frame_%04d.png), - for standard input',
    )
    .argument('<input...>', 'what to colorize')
    .option(
      '-o, --output <path>',
      'file, or folder for several inputs; - for standard output (default: NAME.color.EXT beside it)',
    )
    .option('-y, --overwrite', 'replace an output that exists')
    .option('--fresh', 'throw unfinished work away instead of going on with it')
    .option('--model <name|folder>', 'the network and its weights', defaultModel);
  return withNetworkOptions(command)
    .option(
      '--scene-threshold <t>',
      'how sharp a change must be to be a cut (see docs/scenes.md)',
      numberIn(1, 100),
    )
    .addOption(
      new Option(
        '--deinterlace <mode>',
        "auto: only the network's copy; on: the film itself (alters luma); off",
      )
        .choices(['auto', 'on', 'off'])
        .default('auto'),
    )
    .option(
      '--codec <name>',
      'video encoder of ffmpeg (default: libx264; libvpx-vp9 in webm; libx265 above 10 bit; ffv1 above 12 bit, not in mp4)',
    )
    .option('--crf <n>', "the encoder's quality, lower is better", numberIn(0, 63))
    .option('--preset <name>', "the encoder's speed")
    .option(
      '--pix-fmt <name>',
      'yuv420p, yuv422p, yuv444p, with 10le or 12le (default: 4:2:0 at the depth of the source)',
    )
    .option('--hwaccel <name>', "decode with ffmpeg's -hwaccel; falls back to software and says so")
    .option('--drop-uncarried', 'go on although the container cannot carry a sound track or another stream')
    .option('--start <seconds>', 'begin here', numberIn(0, 1e9))
    .option('--duration <seconds>', 'so long', numberIn(0.001, 1e9))
    .option('--frame-rate <fps>', 'of numbered pictures', numberIn(0.01, 1000), filmDefaults.frameRate)
    .addOption(new Option('--compare <how>', 'before and after in one picture').choices(['side', 'split']))
    .option('--contact-sheet <file.jpg>', 'a picture of before and after for each scene')
    .option('--report <file.json>', 'what was done, in numbers')
    .option('--dry-run', 'say what would be done, with the ffmpeg commands')
    .option('--json', 'one JSON object a line on standard output')
    .option('-q, --quiet', 'only errors')
    .addOption(
      new Option('--segment-frames <n>', 'frames between two points of resumption')
        .argParser(positive)
        .default(filmDefaults.segmentFrames)
        .hideHelp(),
    )
    .action(async (inputs: string[], options: FileOptions) => {
      const { runFile } = await import('./file/file.ts');
      context.setExitCode(await runFile(inputs, options, context.signal));
    });
}

function serveCommand(context: CommandContext): Command {
  return new Command('serve')
    .exitOverride()
    .description('shows live cameras in colour: a dashboard for browsers, WebSocket, MJPEG and RTSP')
    .argument(
      '<config.yaml>',
      'cameras and settings; config/demo.yaml needs no camera, docs/config.md has them all',
    )
    .option('--port <n>', 'listen here instead of on server.port; 0: any free port', numberIn(0, 65_535))
    .action(async (path: string, options: ServeCliOptions) => {
      const { runServe } = await import('./serve.ts');
      await runServe(path, options, context);
    });
}

function datasetCommand(context: CommandContext): Command {
  return new Command('dataset')
    .exitOverride()
    .description('makes a training set (TFRecord) of colour photos and films: files, folders, globs')
    .argument('<input...>', 'what to learn from')
    .requiredOption('-o, --output <folder>', 'where the set goes; a run that was broken off goes on there')
    .option(
      '--validation-fraction <part>',
      'part of the files that is kept for validation, 0..1',
      numberIn(0, 1),
      0.05,
    )
    .option('--validation <folder>', 'validate with these instead')
    .option('--seed <n>', 'of split and order', wholeFrom(0), 1)
    .option('--size <pixels>', 'short side of the pictures, a multiple of 8', positive, 144)
    .option('--min-chroma <c>', 'pictures of less mean chroma count as gray', numberIn(0, 100), 4)
    .option('--frames-per-video <n>', 'pictures that are taken from each film, evenly', positive, 200)
    .option('--json', 'one JSON object a line on standard output')
    .action(async (inputs: string[], options: DatasetOptions) => {
      const { runDataset } = await import('./train/dataset.ts');
      context.setExitCode(await runDataset(inputs, options, context.signal));
    });
}

function evaluateCommand(context: CommandContext): Command {
  const command = new Command('evaluate')
    .exitOverride()
    .description(
      'measures models: makes colour photos and clips gray, colours them as `file` does, compares with the truth (docs/evaluation.md)',
    )
    .argument('<input...>', 'colour photos and clips: files, folders, globs')
    .addOption(
      new Option(
        '--model <name|folder>',
        `the network; repeat it to compare several (default: ${defaultModel})`,
      ).argParser((value: string, before?: string[]) => [...(before ?? []), value]),
    )
    .option('--frames <n>', 'only so many frames from the beginning of each clip', positive)
    .option(
      '--every <k>',
      'the slow measures look at one frame in so many',
      positive,
      evaluationDefaults.every,
    )
    .option(
      '--width <pixels>',
      'wider clips and photos are made smaller first',
      positive,
      evaluationDefaults.widthPx,
    )
    .option('--every-file <n>', 'only one file in so many', positive, 1);
  return withNetworkOptions(command)
    .option('--json <file>', 'every figure of every file; - for standard output')
    .option('--report <file.html>', 'a page with tables and pictures, in one file')
    .option('--work <folder>', 'keeps the results of finished files: the same command goes on from there')
    .action(async (inputs: string[], options: EvaluateOptions) => {
      const { runEvaluate } = await import('./evaluate/evaluate.ts');
      context.setExitCode(await runEvaluate(inputs, options, context.signal));
    });
}

function doctorCommand(context: CommandContext): Command {
  return new Command('doctor')
    .exitOverride()
    .description('checks Node, ffmpeg, devices, models and disk, and says how to mend what is wrong')
    .option('--json', 'as one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { runDoctor } = await import('./doctor.ts');
      context.setExitCode(await runDoctor(options, context.signal));
    });
}

function modelsCommand(context: CommandContext): Command {
  return new Command('models')
    .exitOverride()
    .description('lists the models that are installed and verifies their files')
    .option('--json', 'as one JSON object')
    .action(async (options: { json?: boolean }) => {
      const { runModels } = await import('./models.ts');
      context.setExitCode(await runModels(options));
    });
}

function tokenCommand(): Command {
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

/** What `file` and `evaluate` both take: what the network runs on, and how its answer is used. */
function withNetworkOptions(command: Command): Command {
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
