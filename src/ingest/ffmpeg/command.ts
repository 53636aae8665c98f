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
  /** Options at the very beginning: `-y`, `-copyts`. */
  readonly global: readonly string[];
  readonly inputs: readonly CommandInput[];
  readonly outputs: readonly CommandOutput[];
}

/**
 * Builds ffmpeg's argument list with fluent-ffmpeg's command builder. This is the only file that uses that package.
 * The user of this project asked for fluent-ffmpeg. The package is archived, and only one call of it is used here, a
 * private one (`_getArguments`). A loop that writes each input's options before its `-i url`, and each output's
 * options before its url, would replace it: nothing else in the program would change.
 * Its runner is not used: it kills with SIGKILL, reports a broken source as a normal end, probes capabilities for 160
 * ms before each run, and puts credentials into error texts. `process.ts` runs the commands instead. Options are
 * passed as separate arguments, because the package splits the items of an array at spaces.
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
 * Output options that keep every frame with its time in this unit, and neither drop nor duplicate any. The unit is
 * set because ffmpeg 7.1 and newer do not know the input's unit after every filter.
 */
export function passthroughArgs({ num, den }: Rational): string[] {
  return ['-fps_mode', 'passthrough', '-enc_time_base', `${num}:${den}`];
}

/** Always passes at least two arguments, because the builder leaves those as they are. */
function pairs(options: readonly string[]): [string, ...string[]] {
  const [first = '', ...rest] = options;
  if (rest.length === 0 && first.includes(' '))
    throw new TypeError(`a single option with a space: "${first}"`);
  return [first, ...rest];
}
