/** Counts what may run at the same time, for a worker that takes jobs from several queues. */
export class Slots {
  private free: number;
  private waiting: (() => void)[] = [];

  constructor(count: number) {
    this.free = count;
  }

  /** @returns what gives the slot back; undefined if none is free */
  take(): (() => void) | undefined {
    if (this.free === 0) return undefined;
    this.free--;
    return () => {
      this.free++;
      for (const wake of this.waiting.splice(0)) wake();
    };
  }

  /** Resolves when a slot is free. */
  async whenFree(): Promise<void> {
    while (this.free === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
