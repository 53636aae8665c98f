import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from './redis-server.ts';
import { until } from './until.ts';

const program = join(dirname(createRequire(import.meta.url).resolve('s3rver/package.json')), 'bin/s3rver.js');

/** An S3-compatible server (s3rver) with one bucket, for a test. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  /** The keys that it takes. */
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Starts a server with an empty bucket. */
export async function startS3(bucket: string): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-s3-'));
  const port = await freePort();
  const args = ['-d', folder, '-a', '127.0.0.1', '-p', String(port), '-s', '--configure-bucket', bucket];
  const child = spawn(process.execPath, ['--no-deprecation', program, ...args], { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      ),
    's3rver answers',
  );
  return {
    endpoint,
    keys: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
