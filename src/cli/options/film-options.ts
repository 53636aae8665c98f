import { Option, type Command } from 'commander';
import { filmDefaults } from '../../stream/film/film-options.ts';
import { withNetworkOptions } from './network-options.ts';
import { numberIn, positive, timeIn } from './option-values.ts';

/** Adds the options that `file` and `submit` share: how a film is coloured and encoded. */
export function withFilmOptions(command: Command): Command {
  return withNetworkOptions(
    command
      .option('--recolor', 'replace the colour of scenes that already have colour, instead of keeping it')
      .option('--model <name|folder>', 'use this model (chromafeed models lists them)', filmDefaults.model)
      .option(
        '--style <photo>',
        "give the colours the style of this photo: a network that looks at the scene as a whole sees the photo's scene (docs/models.md)",
      ),
  )
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
    .addOption(
      new Option(
        '--compare <how>',
        'show the film before and after in one picture: side by side, or split down the middle',
      ).choices(['side', 'split']),
    )
    .option(
      '--max-megapixels <n>',
      'refuse films and pictures with more pixels than this, in millions',
      numberIn(1, 4000),
      filmDefaults.maxMegapixels,
    )
    .addOption(
      new Option('--segment-frames <n>', 'save finished work every n frames').argParser(positive).hideHelp(),
    );
}
