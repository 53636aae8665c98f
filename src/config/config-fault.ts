import { AppError } from '../errors.ts';

/** Keys and indexes from the top: `['server', 'users', 0, 'name']`. */
export type ConfigPath = readonly (string | number)[];

/** One thing that is wrong with a config. */
export interface ConfigFault {
  readonly path: ConfigPath;
  /** What the fault is about, for its place in the file: the key, or what stands behind it. */
  readonly at: 'key' | 'value';
  /** Free of credentials and of what came from the environment. */
  readonly text: string;
}

/** A fault and where it stands; both count from 1. */
export interface PlacedFault extends ConfigFault {
  readonly line: number;
  readonly column: number;
}

/** More are counted, not shown: a file of another kind would give thousands. */
const shownFaults = 100;
const cure = 'mend what the lines name; docs/config.md lists every setting with its range';

/**
 * One error of all faults, a line each in the file's order: `cameras.yaml:12:5: cameras.door.fps: expected ...`.
 * @param file - as the user named it
 * @returns CONFIG_INVALID; `details.faults` has them for machines
 */
export function configError(file: string, faults: readonly PlacedFault[]): AppError {
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

/** `cameras.door.fps: expected ...`; the text alone when the fault is of the whole file. */
export function describeFault({ path, text }: ConfigFault): string {
  return path.length === 0 ? text : `${formatPath(path)}: ${text}`;
}

/** `server.users[0].name`; a key that is no plain word stands in quotes, one that may be an address is not shown. */
function formatPath(path: ConfigPath): string {
  return path.map((step, i) => formatStep(step, i === 0)).join('');
}

/** The first hundred lines and how many more there are. */
export function shorten(lines: readonly string[]): string[] {
  const more = lines.length - shownFaults;
  return more > 0 ? [...lines.slice(0, shownFaults), `... and ${more} more`] : [...lines];
}

function formatStep(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  if (/^[\w-]{1,64}$/.test(step)) return isFirst ? step : `.${step}`;
  return isPresentable(step) ? `[${quote(step)}]` : '[...]';
}

/** In double quotes; what would end a line, or not be seen, is escaped. */
export function quote(text: string): string {
  const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
  return JSON.stringify(text).replace(unseen, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Short, and neither an address nor part of one: those may hold credentials. */
export function isPresentable(text: string): boolean {
  return text.length <= 64 && !/:\/\/|@/.test(text);
}
