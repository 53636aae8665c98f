import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));
const startMs = 60_000;

/** A running `chromafeed serve`. Disposing of it ends it and removes its config file. */
export interface Served extends AsyncDisposable {
  /** The server's address, with a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** What the program has written to standard output and standard error. */
  readonly printed: () => string;
  /** Writes another config into the file that the program watches. */
  readonly rewrite: (configText: string) => Promise<void>;
  /** Stops the program. Returns its exit code and how long it took to end. */
  readonly stop: () => Promise<{ code: number | null; ms: number }>;
  /** Kills the program, as a crash would. */
  kill(): Promise<void>;
}

export interface ServeOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A config file to use instead of a text. */
  readonly file?: string;
}

/**
 * Starts `chromafeed serve` and waits until it listens.
 * @param configText - YAML; port 0 for any free port
 * @throws {Error} with its output, when it ended or did not listen within a minute
 */
export async function startServe(configText: string, options: ServeOptions = {}): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-serve-'));
  const file = options.file ?? join(folder, 'cameras.yaml');
  if (options.file === undefined) await writeFile(file, configText);
  const args = [main, 'serve', file, ...(options.file === undefined ? [] : ['--port', '0'])];
  const env = { ...process.env, XDG_STATE_HOME: folder, ...options.env };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const closed = once(child, 'close');
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await closed;
  };
  const stop = async (): Promise<{ code: number | null; ms: number }> => {
    const start = performance.now();
    await end('SIGTERM');
    return { code: child.exitCode, ms: performance.now() - start };
  };
  const dispose = async (): Promise<void> => {
    await end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
  let printed = '';
  const address = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`serve does not listen:\n${printed}`)), startMs);
    const read = (text: string): void => {
      printed = (printed + text).slice(-1_000_000);
      const found = /shows \d+ cameras? in colour: (https?:\/\/\S+\/)/.exec(printed)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    void closed.then(() => {
      clearTimeout(timer);
      reject(new Error(`serve ended:\n${printed}`));
    });
  });
  try {
    const url = await address;
    return {
      url,
      port: Number(new URL(url).port),
      pid: child.pid ?? 0,
      printed: () => printed,
      stop,
      rewrite: (text) => writeFile(file, text),
      kill: () => end('SIGKILL'),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}
