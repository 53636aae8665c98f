import type { Command } from 'commander';

/** The options that the commands of the farm share. */
export interface FarmCliOptions {
  readonly redis?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Adds the options that the commands of the farm share. */
export function withFarmOptions(command: Command): Command {
  return command
    .option(
      '--redis <url>',
      'address of Redis or Valkey, without a password: redis://HOST or rediss://HOST (default: CHROMAFEED_REDIS, or the config)',
    )
    .option(
      '--config <file>',
      'config with the password of Redis, the shared folders and S3 (default: ~/.config/chromafeed/farm.yaml, see docs/farm.md)',
    )
    .option('--json', 'print one JSON object per line on standard output');
}
