import { open } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { configError } from './config-fault.ts';

/** Four times a config of 256 cameras. */
const mostBytes = 2 ** 18;

/**
 * Reads a config's text, up to the size limit.
 * @throws {AppError} INPUT_MISSING when the file does not exist or may not be read; CONFIG_INVALID when it is too
 *   large or not UTF-8
 */
export async function readConfig(path: string): Promise<string> {
  const bytes = await readBytes(path);
  if (bytes.length > mostBytes) throw faultOf(path, `expected at most ${mostBytes} bytes but got more`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw faultOf(path, 'expected text in UTF-8 but got other bytes');
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    const buffer = Buffer.alloc(mostBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } catch (error) {
    throw readFailure(path, error as NodeJS.ErrnoException);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  EISDIR: 'expected a file but got a folder',
};

function readFailure(path: string, error: NodeJS.ErrnoException): AppError {
  const reason = reasons[error.code ?? ''] ?? `could not be read (${error.code ?? error.message})`;
  return new AppError('INPUT_MISSING', `${path}: ${reason}`, {
    cure: 'check the name; config/ of the package has examples',
    cause: error,
  });
}

function faultOf(path: string, text: string): AppError {
  return configError(path, [{ path: [], at: 'value', text, line: 1, column: 1 }]);
}
