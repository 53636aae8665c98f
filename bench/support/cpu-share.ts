import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guarded } from '../../src/ingest/ffmpeg/process.ts';

/** The period in which a share of a core is counted, µs; Linux's default. */
const periodUs = 100_000;

/** A share of one core that a process and its children may use (Linux control groups, as root). */
export class CpuShare implements Disposable {
  private readonly folder: string;
  private readonly core: number;

  private constructor(folder: string, core: number) {
    this.folder = folder;
    this.core = core;
  }

  /**
   * Makes a control group, of version 1 or 2.
   * @param cores - share of one core, 0..1
   * @param core - the number of the core that is used
   * @throws when neither version can be written
   */
  static open(name: string, cores: number, core: number): CpuShare {
    const quota = Math.round(cores * periodUs);
    try {
      return CpuShare.make('/sys/fs/cgroup/cpu', name, core, { 'cpu.cfs_quota_us': String(quota) });
    } catch {
      return CpuShare.make('/sys/fs/cgroup', name, core, { 'cpu.max': `${quota} ${periodUs}` });
    }
  }

  private static make(
    base: string,
    name: string,
    core: number,
    settings: Readonly<Record<string, string>>,
  ): CpuShare {
    const folder = join(base, `chromafeed-${process.pid}-${name}`);
    mkdirSync(folder);
    for (const [file, value] of Object.entries(settings)) writeFileSync(join(folder, file), value);
    return new CpuShare(folder, core);
  }

  /** The command that runs a program within this share. It ends with this process at the latest. */
  command(program: string, args: readonly string[]): [string, string[]] {
    const enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
    return guarded('sh', ['-c', enter, this.folder, 'taskset', '-c', String(this.core), program, ...args]);
  }

  /** Only an empty group can be removed. */
  [Symbol.dispose](): void {
    rmdirSync(this.folder);
  }
}
