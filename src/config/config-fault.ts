import { AppError } from '../errors.ts';

/** Keys and indexes from the top: `['server', 'users', 0, 'name']`. */
export type ConfigPath = readonly (string | number)[];

/** One fault in a config. */
export interface ConfigFault {
  readonly path: ConfigPath;
  /** The part of the file at fault: the key, or its value. */
  readonly at: 'key' | 'value';
  /** Contains neither credentials nor values from the environment. */
  readonly text: string;
}

/** A fault and its place in the file; line and column count from 1. */
export interface PlacedFault extends ConfigFault {
  readonly line: number;
  readonly column: number;
}

/** More faults are counted but not shown: a file of another kind would give thousands. */
const shownFaults = 100;
const usualCure = 'correct these lines; docs/config.md lists every setting with its range';

/**
 * Makes one error of all faults, one line each in the order of the file: `cameras.yaml:12:5: cameras.door.fps:
 * expected ...`.
 * @param file - as the user named it
 * @param cure - what to do about it
 * @returns CONFIG_INVALID; `details.faults` has the faults for machines
 */
export function configError(file: string, faults: readonly PlacedFault[], cure = usualCure): AppError {
  const sorted = faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.map((fault) => `${file}:${fault.line}:${fault.column}: ${describeFault(fault)}`);
  return new AppError('CONFIG_INVALID', shorten(lines).join('\n'), {
    cure,
    details: {
      faults: sorted
        .slice(0, shownFaults)
        .map(({ line, column, path, text }) => ({ line, column, path: formatPath(path), text })),
    },
  });
}

/** `cameras.door.fps: expected ...`, or only the text if the fault concerns the whole file. */
export function describeFault({ path, text }: ConfigFault): string {
  return path.length === 0 ? text : `${formatPath(path)}: ${text}`;
}

/** `server.users[0].name`. A key that is not a plain word is quoted, and one that may be an address is hidden. */
function formatPath(path: ConfigPath): string {
  return path.map((step, i) => formatStep(step, i === 0)).join('');
}

/** The first hundred lines, and the number of the rest. */
export function shorten(lines: readonly string[]): string[] {
  const more = lines.length - shownFaults;
  return more > 0 ? [...lines.slice(0, shownFaults), `... and ${more} more`] : [...lines];
}

function formatStep(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  if (/^[\w-]{1,64}$/.test(step)) return isFirst ? step : `.${step}`;
  return isPresentable(step) ? `[${quote(step)}]` : '[...]';
}

/** In double quotes; line ends and invisible characters are escaped. */
export function quote(text: string): string {
  const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
  return JSON.stringify(text).replace(unseen, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Short, and not an address or a part of one, because those may contain credentials. */
export function isPresentable(text: string): boolean {
  return text.length <= 64 && !/:\/\/|@/.test(text);
}
