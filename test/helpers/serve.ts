import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));
const startMs = 60_000;

/** A running `chromafeed serve`; its disposal ends it and removes its config file. */
export interface Served extends AsyncDisposable {
  /** With the slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

/**
 * Starts `chromafeed serve` and waits until it listens.
 * @param configText - YAML; port 0 for any free port
 * @throws {Error} with what it printed, when it ended instead or did not listen within a minute
 */
export async function startServe(configText: string): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'chromafeed-serve-'));
  const file = join(folder, 'cameras.yaml');
  await writeFile(file, configText);
  const child = spawn(process.execPath, [main, 'serve', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await closed;
  };
  const dispose = async (): Promise<void> => {
    await end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
  let printed = '';
  const address = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`serve does not listen:\n${printed}`)), startMs);
    const read = (text: string): void => {
      printed = (printed + text).slice(-20_000);
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(printed)?.[0];
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
      kill: () => end('SIGKILL'),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}
