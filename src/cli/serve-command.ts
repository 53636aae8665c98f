import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { examples } from './options/examples.ts';
import { numberIn } from './options/option-values.ts';
import type { ServeCliOptions } from './run-serve.ts';

/** The command line of `serve`. */
export function serveCommand(context: CommandContext): Command {
  return new Command('serve')
    .exitOverride()
    .description('Shows live cameras in colour, in a browser and over WebSocket, MJPEG and RTSP')
    .addHelpText('after', examples('chromafeed serve config/demo.yaml'))
    .argument(
      '<config.yaml>',
      'the cameras and settings: config/demo.yaml needs no camera, docs/config.md lists every setting',
    )
    .option(
      '--port <n>',
      'listen on this port instead of server.port; 0 picks a free port',
      numberIn(0, 65_535),
    )
    .action(async (path: string, options: ServeCliOptions) => {
      const { runServe } = await import('./run-serve.ts');
      await runServe(path, options, context);
    });
}
