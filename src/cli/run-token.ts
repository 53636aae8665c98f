import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { describeFault } from '../config/config-fault.ts';
import { explainIssues } from '../config/explain-issue.ts';
import { userSchema, type UserConfig } from '../config/schema.ts';
import { hashToken } from '../config/token-hash.ts';
import { AppError } from '../errors.ts';
import type { CommandStreams } from './command-context.ts';

export interface TokenOptions {
  /** Ids, separated by commas; default: all cameras. */
  readonly cameras?: string;
  readonly admin?: boolean;
  readonly json?: boolean;
}

const tokenBytes = 32;

/**
 * Makes a token for a user, and prints it with the lines for the config. The token is shown only once.
 * @param random - returns this many random bytes
 * @throws {AppError} USAGE if the name or a camera's id is not valid
 */
export function runToken(
  name: string,
  options: TokenOptions,
  { stdout }: CommandStreams,
  random: (bytes: number) => Buffer = randomBytes,
): void {
  const token = random(tokenBytes).toString('base64url');
  const user = userOf(name, hashToken(token), options);
  stdout.write(options.json === true ? `${JSON.stringify({ token, user })}\n` : describe(token, user));
}

function userOf(name: string, tokenHash: string, options: TokenOptions): UserConfig {
  const cameras = options.cameras?.split(',').map((id) => id.trim());
  const input = { name, tokenHash, ...(cameras && { cameras }), admin: options.admin ?? false };
  const parsed = userSchema.safeParse(input);
  if (parsed.data) return parsed.data;
  const context = { schema: userSchema, input, isSecret: () => false };
  const faults = explainIssues(parsed.error.issues, context).map(describeFault);
  throw new AppError('USAGE', `token: ${faults.join('; ')}`, { cure: 'chromafeed token --help' });
}

function describe(token: string, { name, tokenHash, cameras, admin }: UserConfig): string {
  const entry = {
    name,
    tokenHash,
    ...(cameras.includes('*') ? {} : { cameras }),
    ...(admin ? { admin } : {}),
  };
  return [
    `token of ${name}, shown only once and stored nowhere:`,
    `  ${token}`,
    '',
    'for the config, under server: users:',
    ...stringify([entry], { flowCollectionPadding: false, lineWidth: 0 })
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
    '',
  ].join('\n');
}
