import ffmpeg from 'fluent-ffmpeg';
import type { Rational } from '../../frame.ts';

/** One `-i` with the options before it. */
export interface CommandInput {
  readonly url: string;
  readonly options: readonly string[];
}

/** One output with the options before it. */
export interface CommandOutput {
  readonly url: string;
  readonly options: readonly string[];
}

export interface CommandSpec {
  /** Options that stand first: `-y`, `-copyts`. */
  readonly global: readonly string[];
  readonly inputs: readonly CommandInput[];
  readonly outputs: readonly CommandOutput[];
}

/**
 * Builds ffmpeg's argument list with fluent-ffmpeg's command builder: the one adapter round that package.
 *
 * Only its builder is used. Its runner kills with SIGKILL, reports a source that breaks off as a normal end,
 * probes capabilities for 160 ms before each run, and puts credentials into error texts: `process.ts` runs
 * what is built here. Options go in as separate arguments: an array's items would be split at spaces.
 */
export function buildArgs(spec: CommandSpec): string[] {
  const command = ffmpeg();
  for (const { url, options } of spec.inputs) {
    command.input(url);
    if (options.length > 0) command.inputOptions(...pairs(options));
  }
  for (const { url, options } of spec.outputs) {
    command.output(url);
    if (options.length > 0) command.outputOptions(...pairs(options));
  }
  return [...spec.global, ...command._getArguments()];
}

/**
 * Output options: each frame as it comes, none dropped or made, its time in this unit. The unit is said outright, since
 * ffmpeg from 7.1 on does not know the input's behind every filter.
 */
export function passthroughArgs({ num, den }: Rational): string[] {
  return ['-fps_mode', 'passthrough', '-enc_time_base', `${num}:${den}`];
}

/** At least two arguments, which the builder takes as they are. */
function pairs(options: readonly string[]): [string, ...string[]] {
  const [first = '', ...rest] = options;
  if (rest.length === 0 && first.includes(' '))
    throw new TypeError(`a single option with a space: "${first}"`);
  return [first, ...rest];
}
