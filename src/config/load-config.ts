import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { absolutePaths } from './absolute-paths.ts';
import { checkConfig } from './check-config.ts';
import { ConfigDocument } from './config-document.ts';
import { configError, type ConfigFault, type ConfigPath, type PlacedFault } from './config-fault.ts';
import { explainIssues } from './explain-issue.ts';
import { readConfig } from './read-config.ts';
import { configSchema, type Config } from './schema.ts';
import type { Environment } from './substitute.ts';

/** A valid config. */
export interface LoadedConfig {
  /** With defaults filled in and absolute file names. */
  readonly config: Config;
  /** As the user named it. */
  readonly path: string;
  /** The folder of the file, absolute: relative names start here. */
  readonly dir: string;
  /** SHA-256 of the file's text, hexadecimal; tells whether the file has changed. */
  readonly digest: string;
}

/**
 * Reads and checks the config of `serve`.
 * @param options.env - values for `${NAME}`; default: the process's environment
 * @throws {AppError} INPUT_MISSING when there is no such file; CONFIG_INVALID with all faults, one line each
 */
export async function loadConfig(path: string, options: { env?: Environment } = {}): Promise<LoadedConfig> {
  return parseConfig(await readConfig(path), path, options.env ?? process.env);
}

/**
 * Checks a config's text.
 * @param path - of the file: for messages, and for relative file names
 * @throws {AppError} CONFIG_INVALID with all faults, one line each
 */
export function parseConfig(text: string, path: string, env: Environment): LoadedConfig {
  const document = new ConfigDocument(text, env);
  const { values } = document;
  const { config, faults } =
    values === undefined ? { config: undefined, faults: [] } : validate(document, values);
  const all = [...document.faults, ...faults];
  if (config === undefined || all.length > 0) throw configError(path, withoutRepeats(all));
  const dir = dirname(resolve(path));
  return { config: absolutePaths(config, dir), path, dir, digest: digestOf(text) };
}

/** A fingerprint that changes with the text of a config. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Paths start at the top of the file. */
const mostFaults = 1000;

function validate(
  document: ConfigDocument,
  values: unknown,
): { config: Config | undefined; faults: PlacedFault[] } {
  const isSecret = (path: ConfigPath): boolean =>
    document.isSecret(path) || path.join('.') === 'cluster.redis.url'; // it may contain a password
  const parsed: z.ZodSafeParseResult<Config> = configSchema.safeParse(values);
  const faults: ConfigFault[] = [
    ...explainIssues(parsed.error?.issues ?? [], { schema: configSchema, input: values, isSecret }),
    ...checkConfig(values, isSecret),
  ];
  return { config: parsed.data, faults: faults.slice(0, mostFaults).map((fault) => document.place(fault)) };
}

/** One fault per place: a variable that is not set leaves an empty value, which is not a second fault. */
function withoutRepeats(faults: readonly PlacedFault[]): PlacedFault[] {
  const firsts = new Map<string, PlacedFault>();
  for (const fault of faults) {
    const place = JSON.stringify([fault.line, fault.column, fault.path]);
    if (!firsts.has(place)) firsts.set(place, fault);
  }
  return [...firsts.values()];
}
