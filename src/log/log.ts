import pino, { type DestinationStream, type Logger as PinoLogger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { isSecretName, Redactor } from './redact.ts';

/** Structured logger; `child({ camera })` adds fields to every line. */
export type Logger = PinoLogger;

/** What is logged, and in which form. */
export interface LogStyle {
  /** pino's name of the lowest level that is written */
  readonly level: string;
  /** Readable lines instead of JSON; default: on a terminal. */
  readonly pretty?: boolean | undefined;
}

export interface LogOptions {
  /** Collects the credentials that must not be written; shared with the code that adds cameras. */
  readonly redactor?: Redactor;
  /** Where lines go; default: standard error. */
  readonly destination?: DestinationStream;
}

const mark = '***';
/** Keys that the logger and this program write. A password may be the same word as one of them. */
const identifier = /^[A-Za-z_]\w*$/;

/**
 * Makes the program's logger. Each line is redacted as a whole after it was serialised, so objects, errors and their
 * causes cannot leak a credential.
 */
export function createLogger(style: LogStyle, options: LogOptions = {}): Logger {
  const redactor = options.redactor ?? new Redactor();
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true });
  const format = (style.pretty ?? process.stderr.isTTY) ? prettyLines() : (line: string): string => line;
  return pino(
    { level: style.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => destination.write(format(redactLine(line, redactor))) },
  );
}

/** Redacts one serialised line; it stays valid JSON. */
function redactLine(line: string, redactor: Redactor): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return redactor.redact(line);
  }
  return `${JSON.stringify(redactValue(parsed, redactor))}\n`;
}

function redactValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redactor));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    identifier.test(key) ? key : redactor.redact(key),
    isSecretField(key, item) ? mark : redactValue(item, redactor),
  ]);
  return Object.fromEntries(entries);
}

/**
 * Whether a field is named like a secret and contains a text or a number; `key` alone is the name of many harmless
 * things.
 */
function isSecretField(key: string, item: unknown): boolean {
  return (typeof item === 'string' || typeof item === 'number') && key !== 'key' && isSecretName(key);
}

function prettyLines(): (line: string) => string {
  return prettyFactory({ colorize: process.stderr.isTTY, translateTime: 'SYS:HH:MM:ss.l' });
}
