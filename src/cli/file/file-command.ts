import { Command, Option } from 'commander';
import { defaultModel } from '../../model/default-model.ts';
import { filmDefaults } from '../../stream/film/film-defaults.ts';
import type { CommandContext } from '../command-context.ts';
import { withNetworkOptions } from '../options/network-options.ts';
import { numberIn, positive } from '../options/option-values.ts';
import type { FileOptions } from './file.ts';

/** The command line of `file`. */
export function fileCommand(context: CommandContext): Command {
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
      const { runFile } = await import('./file.ts');
      context.setExitCode(await runFile(inputs, options, context.signal));
    });
}
