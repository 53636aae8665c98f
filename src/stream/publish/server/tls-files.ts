import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Config } from '../../../config/schema.ts';
import { AppError } from '../../../errors.ts';

/** A certificate chain and its key, PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.2';
}

/**
 * Reads the files of `server.tls` and checks that certificate and key belong together.
 * @returns undefined without TLS
 * @throws {AppError} USAGE
 */
export async function readTlsFiles(tls: Config['server']['tls']): Promise<TlsFiles | undefined> {
  if (tls === undefined) return undefined;
  try {
    const [cert, key] = await Promise.all([readFile(tls.cert), readFile(tls.key)]);
    const files: TlsFiles = { cert, key, minVersion: 'TLSv1.2' };
    createSecureContext(files);
    return files;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError(
      'USAGE',
      `server.tls: expected a certificate and its key as PEM files but got: ${why}`,
      {
        cure: 'check that both files exist, are readable for this user and belong together',
        cause,
      },
    );
  }
}
