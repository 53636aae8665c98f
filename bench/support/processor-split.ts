import { readFileSync } from 'node:fs';
import { listProcesses, processTree } from './process-memory.ts';

/** Processor time of a live server, milliseconds on all cores. */
export interface ProcessorSplit {
  /** ffmpeg that decodes cameras. */
  readonly decoders: number;
  /** ffmpeg that encodes pictures. */
  readonly encoders: number;
  /** Everything else: the program with all its threads. */
  readonly program: number;
}

/** Milliseconds per tick of the kernel's clock in /proc: 100 ticks per second on every current Linux. */
const tickMs = 10;

/**
 * Reads the processor time of the running processes of a live server. Linux only.
 * @param rootPid - of the server
 */
export function processorSplit(rootPid: number): ProcessorSplit {
  const split = { decoders: 0, encoders: 0, program: 0 };
  for (const { pid, name } of processTree(listProcesses(), rootPid)) {
    const isEncoder = read(`/proc/${pid}/cmdline`).includes('\0-c:v\0mjpeg\0');
    const kind = name !== 'ffmpeg' ? 'program' : isEncoder ? 'encoders' : 'decoders';
    split[kind] += processorMs(read(`/proc/${pid}/stat`));
  }
  return split;
}

/** The difference of two readings for each of a number of frames. */
export function perFrame(before: ProcessorSplit, after: ProcessorSplit, frames: number): ProcessorSplit {
  const each = (kind: keyof ProcessorSplit): number =>
    Number(((after[kind] - before[kind]) / Math.max(1, frames)).toFixed(2));
  return { decoders: each('decoders'), encoders: each('encoders'), program: each('program') };
}

/** `utime` and `stime` of proc(5). The name before them may hold spaces and brackets. */
function processorMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * tickMs;
}

/** A process that ends between the listing and the reading took no time. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
