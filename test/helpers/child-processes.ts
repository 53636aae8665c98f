import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ChildProcessInfo {
  readonly pid: number;
  readonly command: string;
}

/** The running ffmpeg processes that a process started (Linux). */
export function ffmpegsOf(parent: number): ChildProcessInfo[] {
  return pids()
    .map((pid) => ({ pid, command: commandOf(pid), parent: parentOf(pid) }))
    .filter((child) => child.parent === parent && /ffmpeg/.test(child.command));
}

/** The TCP and UDP ports that a process listens on (Linux). */
export function listeningPorts(pid: number): string[] {
  const inodes = new Set(descriptorsOf(pid).map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''));
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    read(`/proc/${pid}/net/${kind}`)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(
        ([, , , state, , , , , , inode]) =>
          (state === '0A' || kind.startsWith('udp')) && inodes.has(inode ?? '-'),
      )
      .map(([, address = '']) => `${kind} ${address}`),
  );
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function parentOf(pid: number): number {
  return Number(/^\d+ \(.*\) [A-Z] (\d+)/s.exec(read(`/proc/${pid}/stat`))?.[1] ?? 0);
}

function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${name}`)];
    } catch {
      return []; // closed in the meantime
    }
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended in the meantime
  }
}
