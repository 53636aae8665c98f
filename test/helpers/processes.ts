import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The child processes of a process that have not ended and are no zombies (Linux). */
export function childrenOf(pid: number | string): number[] {
  return pids().filter((child) => {
    // `pid (name) state parent ...`; the name may contain any character
    const [state, parent] = (readProc(child, 'stat').split(') ').at(-1) ?? '').split(' ');
    return parent === String(pid) && state !== 'Z' && state !== 'X';
  });
}

/** Whether a process exists and is not a zombie (Linux). */
export function isRunning(pid: number): boolean {
  return / [^ZX] /.test(/\) \S /.exec(readProc(pid, 'stat'))?.[0] ?? '');
}

/** Polls until the processes are gone, because there is no event for another process's child. */
export async function areGoneWithin(all: readonly number[], limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (all.some(isRunning)) {
    if (performance.now() > end) return false;
    await delay(10);
  }
  return true;
}

/** The processes of this machine that have the text in their arguments or environment (Linux). */
export function processesThatShow(text: string): number[] {
  return pids().filter((pid) => (readProc(pid, 'cmdline') + readProc(pid, 'environ')).includes(text));
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Returns nothing for a process that has ended or belongs to another user. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
