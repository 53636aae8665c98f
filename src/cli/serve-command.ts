import { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { numberIn } from './options/option-values.ts';
import type { ServeCliOptions } from './serve.ts';

/** The command line of `serve`. */
export function serveCommand(context: CommandContext): Command {
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
