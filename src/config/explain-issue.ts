import type { z } from 'zod';
import { isPresentable, quote, type ConfigFault, type ConfigPath } from './config-fault.ts';
import { didYouMean } from './did-you-mean.ts';
import { keysAt } from './schema-walk.ts';

/** The data that issues are explained with. */
export interface IssueContext {
  readonly schema: z.core.$ZodType;
  /** The value that was validated. */
  readonly input: unknown;
  /** Whether a value must not be shown because it is a credential or came from the environment. */
  readonly isSecret: (path: ConfigPath) => boolean;
}

/** Limits for a file of another kind, or one mapping under many names, which would give millions of faults. */
const mostIssues = 200;

/**
 * Puts zod's issues into words: what was expected, what was found, and what was probably meant.
 * @returns the faults of at most 200 issues, at most 200 for each
 */
export function explainIssues(
  issues: readonly z.core.$ZodIssue[],
  context: IssueContext,
  base: ConfigPath = [],
): ConfigFault[] {
  return issues.slice(0, mostIssues).flatMap((issue) => {
    const path = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
    return explain(issue, path, context);
  });
}

function explain(issue: z.core.$ZodIssue, path: ConfigPath, context: IssueContext): ConfigFault[] {
  const value = valueAt(context.input, path);
  const got = `but got ${describe(value, context.isSecret(path))}`;
  const fault = (text: string): ConfigFault[] => [{ path, at: 'value', text }];
  switch (issue.code) {
    case 'invalid_type':
      return fault(
        value === undefined
          ? 'missing'
          : `expected ${kindOf(issue.expected)} ${got}${quoteHint(issue, value)}`,
      );
    case 'too_small':
      return fault(
        `expected at least ${amount(issue.minimum, issue.origin)} but got ${measured(issue, value, context.isSecret(path))}`,
      );
    case 'too_big':
      return fault(
        `expected at most ${amount(issue.maximum, issue.origin)} but got ${measured(issue, value, context.isSecret(path))}`,
      );
    case 'not_multiple_of':
      return fault(`expected a multiple of ${issue.divisor} ${got}`);
    case 'invalid_value': {
      const names = issue.values.map(String);
      const hint = typeof value === 'string' && !context.isSecret(path) ? didYouMean(value, names) : '';
      return fault(`expected one of ${names.join(', ')} ${got}${hint}`);
    }
    case 'invalid_union':
      return explainUnion(issue, path, context, `${issue.message} ${got}`);
    case 'unrecognized_keys':
      return issue.keys.slice(0, mostIssues).map((key) => unknownKey(key, path, context));
    case 'invalid_key':
      return [{ path, at: 'key', text: issue.issues.map(({ message }) => message).join('; ') }];
    case 'invalid_format':
    case 'invalid_element':
      return fault(`${issue.message} ${got}`);
    case 'custom': // the number of entries in a mapping
      return fault(`${issue.message} ${isObject(value) ? `but got ${Object.keys(value).length}` : got}`);
  }
}

function unknownKey(key: string, path: ConfigPath, context: IssueContext): ConfigFault {
  const holder = valueAt(context.input, path);
  const isFree = (name: string): boolean => !(isObject(holder) && Object.hasOwn(holder, name));
  const hint = didYouMean(key, keysAt(context.schema, path).filter(isFree));
  return { path: [...path, key], at: 'key', text: `unknown key${hint}` };
}

/** Of several forms, the one that the value nearly has, or all of them. */
function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: ConfigPath,
  context: IssueContext,
  otherwise: string,
): ConfigFault[] {
  const near = issue.errors.filter((branch) =>
    branch.every(({ code, path: inner }) => code !== 'invalid_type' || inner.length > 0),
  );
  const [only] = near;
  if (near.length === 1 && only) return explainIssues(only, context, path);
  return [{ path, at: 'value', text: otherwise }];
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function kindOf(expected: string): string {
  return kinds[expected] ?? expected;
}

function quoteHint(issue: z.core.$ZodIssueInvalidType, value: unknown): string {
  const isScalar = typeof value === 'number' || typeof value === 'boolean';
  return issue.expected === 'string' && isScalar ? '; put it in quotes' : '';
}

/** The value if it may be shown, otherwise its kind. */
function describe(value: unknown, isSecret: boolean): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return isSecret || !isPresentable(value) ? 'other text' : quote(value);
  const isPlain = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
  return isPlain && !isSecret ? String(value) : kindOf(typeof value);
}

/** Singular and plural of the things that are counted. */
const units: Readonly<Record<string, readonly [string, string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
};

function amount(limit: number | bigint, origin: string): string {
  const [one, more] = units[origin] ?? ['', ''];
  return `${limit} ${Number(limit) === 1 ? one : more}`.trim();
}

function measured(issue: { readonly origin: string }, value: unknown, isSecret: boolean): string {
  if (Array.isArray(value)) return String(value.length);
  if (typeof value === 'string') return String(value.length);
  return issue.origin === 'number' || issue.origin === 'int' ? describe(value, isSecret) : 'another';
}

function valueAt(input: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, step) => {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    return value[step];
  }, input);
}

function isObject(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === 'object' && value !== null;
}
