import { spawnSync } from 'node:child_process';

/** A network of its own for a process, with one cable to this machine (Linux, as root). */
export class NetSpace implements Disposable {
  /** The address of this machine, at the other end of the cable. */
  readonly host: string;
  private readonly name: string;
  private readonly cable: string;

  private constructor(name: string, number: number) {
    this.name = name;
    this.cable = `${name}h`;
    this.host = `10.${100 + (process.pid % 100)}.${number}.1`;
  }

  /** @returns undefined where networks can't be made */
  static open(number: number): NetSpace | undefined {
    const space = new NetSpace(`cf${process.pid % 100_000}n${number}`, number);
    if (space.make()) return space;
    space[Symbol.dispose]();
    return undefined;
  }

  /** The command that starts a program in this network. */
  command(program: string, args: readonly string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.name, program, ...args]];
  }

  /** Pulls the cable out: packets vanish, and neither end of a connection is told. */
  cut(): void {
    ip('link', 'set', this.cable, 'down');
  }

  mend(): void {
    ip('link', 'set', this.cable, 'up');
  }

  [Symbol.dispose](): void {
    ip('link', 'del', this.cable);
    ip('netns', 'del', this.name);
  }

  private make(): boolean {
    const { name, cable, host } = this;
    const own = `${name}n`;
    const inside = (...args: readonly string[]): boolean => ip('-n', name, ...args);
    return (
      ip('netns', 'add', name) &&
      ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', own) &&
      ip('link', 'set', own, 'netns', name) &&
      ip('addr', 'add', `${host}/24`, 'dev', cable) &&
      inside('addr', 'add', host.replace(/1$/, '2') + '/24', 'dev', own) &&
      ip('link', 'set', cable, 'up') &&
      inside('link', 'set', own, 'up') &&
      inside('link', 'set', 'lo', 'up')
    );
  }
}

function ip(...args: readonly string[]): boolean {
  return spawnSync('ip', args).status === 0;
}
