import { Command, Option } from 'commander';
import { filmDefaults } from '../../stream/film/film-options.ts';
import type { CommandContext } from '../command-context.ts';
import { examples } from '../options/examples.ts';
import { withNetworkOptions } from '../options/network-options.ts';
import { numberIn, positive, timeIn } from '../options/option-values.ts';
import type { FileOptions } from './file-options.ts';

/** The command line of `file`. */
export function fileCommand(context: CommandContext): Command {
  const command = new Command('file')
    .exitOverride()
    .description('Adds colour to films and pictures')
    .addHelpText(
      'after',
      examples(
        'chromafeed file film.mkv -o colour.mkv',
        'chromafeed file reels/ -o coloured/',
        'chromafeed file film.mkv -o test.mp4 --start 60 --duration 10 --compare split',
        'chromafeed file film.mkv -o frame.png --start 0:05',
        'chromafeed file scan_%04d.png -o film.mkv --frame-rate 18 --codec ffv1',
      ),
    )
    .argument(
      '<input...>',
      'films, pictures, folders, globs, numbered pictures (frame_%04d.png), or - for standard input',
    )
    .option(
      '-o, --output <path>',
      'write the result to this file, or to this folder if there are several inputs; - for standard output (default: NAME.color.EXT beside the input)',
    )
    .option(
      '-r, --recursive',
      'also take the folders inside a folder; the results go into folders with the same names',
    )
    .option('-y, --overwrite', 'replace the output if it already exists')
    .option('--recolor', 'replace the colour of scenes that already have colour, instead of keeping it')
    .option('--fresh', 'delete unfinished work and start again, instead of resuming it')
    .option('--model <name|folder>', 'use this model (chromafeed models lists them)', filmDefaults.model);
  return withNetworkOptions(command)
    .option(
      '--scene-threshold <t>',
      'start a new scene where the picture changes by more than this, 1..100 (default: 20, see docs/scenes.md)',
      numberIn(1, 100),
    )
    .addOption(
      new Option(
        '--deinterlace <mode>',
        "which picture to deinterlace: auto, only the network's copy of an interlaced film; on, the film itself (changes the luma); off, none",
      )
        .choices(['auto', 'on', 'off'])
        .default(filmDefaults.deinterlace),
    )
    .option(
      '--codec <name>',
      'encode with this ffmpeg encoder; h264, hevc, vp9, av1 and prores are short for the usual ones (default: libx264; libvpx-vp9 in webm; libx265 above 10 bit; ffv1 above 12 bit, except in mp4)',
    )
    .option('--crf <n>', "set the encoder's quality; lower is better", numberIn(0, 63))
    .option('--preset <name>', "set the encoder's speed, such as veryfast or slow")
    .option(
      '--pix-fmt <name>',
      'encode in this pixel format: yuv420p, yuv422p or yuv444p, also with 10le or 12le (default: 4:2:0 at the bit depth of the source)',
    )
    .option(
      '--hwaccel <name>',
      "decode with ffmpeg's -hwaccel; if that fails, decode in software and print a warning",
    )
    .option(
      '--drop-uncarried',
      'leave out sound tracks and other streams that the container cannot carry, instead of refusing the film',
    )
    .option('--start <time>', 'skip this much of the film: seconds, or 1:02:03', timeIn(0, 1e9))
    .option('--duration <time>', 'process this much of the film: seconds, or 1:02:03', timeIn(0.001, 1e9))
    .option(
      '--frame-rate <fps>',
      'read numbered pictures at this rate',
      numberIn(0.01, 1000),
      filmDefaults.frameRate,
    )
    .option(
      '--skip-bad',
      "if a numbered picture can't be read, show the previous picture instead of refusing the film",
    )
    .addOption(
      new Option(
        '--compare <how>',
        'show the film before and after in one picture: side by side, or split down the middle',
      ).choices(['side', 'split']),
    )
    .option(
      '--contact-sheet <file.jpg>',
      'write one picture that shows each scene before and after; with several films, one for each',
    )
    .option(
      '--report <file.json>',
      'write a report: frames, scenes, model, times, warnings and damage; with several films, one for each',
    )
    .option(
      '--max-megapixels <n>',
      'refuse films and pictures with more pixels than this, in millions',
      numberIn(1, 4000),
      filmDefaults.maxMegapixels,
    )
    .option('--dry-run', 'print the plan and the ffmpeg commands, and do nothing')
    .option('--json', 'print one JSON object per line on standard output')
    .option('-q, --quiet', 'print only errors')
    .addOption(
      new Option('--segment-frames <n>', 'save finished work every n frames').argParser(positive).hideHelp(),
    )
    .action(async (inputs: string[], options: FileOptions) => {
      const { runFile } = await import('./file.ts');
      context.setExitCode(await runFile(inputs, options, context));
    });
}
