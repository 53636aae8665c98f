import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Processes that a process has started and that are neither gone nor zombies (Linux). */
export function childrenOf(pid: number | string): number[] {
  return pids().filter((child) => {
    // `pid (name) state parent ...`; the name may hold anything
    const [state, parent] = (readProc(child, 'stat').split(') ').at(-1) ?? '').split(' ');
    return parent === String(pid) && state !== 'Z' && state !== 'X';
  });
}

/** Whether a process exists and is no zombie (Linux). */
export function isRunning(pid: number): boolean {
  return / [^ZX] /.test(/\) \S /.exec(readProc(pid, 'stat'))?.[0] ?? '');
}

/** Looks again until the processes are gone: nothing tells of a stranger's child. */
export async function areGoneWithin(all: readonly number[], limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (all.some(isRunning)) {
    if (performance.now() > end) return false;
    await delay(10);
  }
  return true;
}

/** Which processes of this machine show the text in their arguments or environment (Linux). */
export function processesThatShow(text: string): number[] {
  return pids().filter((pid) => (readProc(pid, 'cmdline') + readProc(pid, 'environ')).includes(text));
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Nothing for a process that has gone, or is another user's. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
