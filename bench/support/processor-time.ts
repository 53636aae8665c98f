import { readFile } from 'node:fs/promises';

/** Ticks per second of the kernel's clock in /proc: 100 on every current Linux. */
const ticksPerSecond = 100;

/** What a process and its children took. */
export interface Cost {
  readonly wallS: number;
  /** On all cores; NaN on a system without /proc. */
  readonly processorS: number;
}

/** Runs children of this process, one group at a time, and says what they took. */
export async function costOf<T>(run: () => Promise<T>): Promise<Cost & { readonly result: T }> {
  const before = await childrenS();
  const startMs = performance.now();
  const result = await run();
  const wallS = (performance.now() - startMs) / 1000;
  return { result, wallS, processorS: (await childrenS()) - before };
}

/** Processor time of all ended children and their children, seconds: `cutime` and `cstime` of proc(5). */
async function childrenS(): Promise<number> {
  const text = await readFile('/proc/self/stat', 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13] ?? NaN) + Number(fields[14] ?? NaN)) / ticksPerSecond;
}
