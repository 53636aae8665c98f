import { readFileSync } from 'node:fs';

/**
 * Whether a process runs. A zombie (a process that has ended, but whose parent has not yet collected its exit code)
 * does not count (Linux).
 */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return statOf(pid)?.state !== 'Z';
}

/**
 * When a process started, in the kernel's clock ticks; distinguishes it from a later process with the same number
 * (Linux).
 */
export function startOf(pid: number): string | undefined {
  return statOf(pid)?.started;
}

/** @see proc(5), /proc/pid/stat */
function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
