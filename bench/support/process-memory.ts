import { readdirSync, readFileSync } from 'node:fs';

/** A process as `/proc/PID/stat` describes it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
}

/** Memory of a process tree at one time, MiB of PSS: shared pages are split among their users. */
export interface MemorySample {
  readonly programMib: number;
  readonly ffmpegMib: number;
}

/** The highest of each over a run; `totalMib` is the highest sum, not the sum of the highest. */
export interface MemoryPeak extends MemorySample {
  readonly totalMib: number;
  readonly samples: number;
}

/**
 * Reads one line of `/proc/PID/stat`.
 * @param stat - `PID (NAME) STATE PPID ...`; NAME may hold spaces and brackets
 * @returns undefined if the line has another form
 */
export function parseStat(stat: string): ProcessEntry | undefined {
  const match = /^(\d+) \((.*)\) \S (\d+) /s.exec(stat);
  if (match === null) return undefined;
  return { pid: Number(match[1]), name: match[2] ?? '', parentPid: Number(match[3]) };
}

/**
 * Finds a process and all its descendants.
 * @param all - processes of the machine, any order
 * @param rootPid - of the tree
 * @returns the tree's processes, the root's children after it
 */
export function processTree(all: readonly ProcessEntry[], rootPid: number): ProcessEntry[] {
  const tree = all.filter((entry) => entry.pid === rootPid);
  for (const parent of tree) tree.push(...all.filter((entry) => entry.parentPid === parent.pid));
  return tree;
}

/**
 * Measures the memory of a process tree now, with ffmpeg and ffprobe counted separately. Linux only.
 * @param rootPid - of the tree
 * @returns zeros if it has ended
 */
export function sampleMemory(rootPid: number): MemorySample {
  const sample = { programMib: 0, ffmpegMib: 0 };
  for (const { pid, name } of processTree(listProcesses(), rootPid)) {
    const mib = pssMib(pid);
    if (/^ff(mpeg|probe)/.test(name)) sample.ffmpegMib += mib;
    else sample.programMib += mib;
  }
  return sample;
}

/** Samples a process tree at a fixed pace and keeps the peaks. */
export class MemoryWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #peak: MemoryPeak = { programMib: 0, ffmpegMib: 0, totalMib: 0, samples: 0 };

  /**
   * @param rootPid - of the tree
   * @param everyMs - between samples
   */
  constructor(rootPid: number, everyMs = 200) {
    this.#timer = setInterval(() => this.#take(rootPid), everyMs);
  }

  /** The peaks so far. */
  get peak(): MemoryPeak {
    return this.#peak;
  }

  /** Stops sampling; the peaks stay. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #take(rootPid: number): void {
    const { programMib, ffmpegMib } = sampleMemory(rootPid);
    this.#peak = {
      programMib: Math.max(this.#peak.programMib, programMib),
      ffmpegMib: Math.max(this.#peak.ffmpegMib, ffmpegMib),
      totalMib: Math.max(this.#peak.totalMib, programMib + ffmpegMib),
      samples: this.#peak.samples + 1,
    };
  }
}

/** All processes of the machine. Linux only. */
export function listProcesses(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => parseStat(readIfThere(`/proc/${pid}/stat`)))
    .filter((entry) => entry !== undefined);
}

function pssMib(pid: number): number {
  const kib = /^Pss:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kib ?? 0) / 1024;
}

/** A process that ends between the listing and the reading takes no memory. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
