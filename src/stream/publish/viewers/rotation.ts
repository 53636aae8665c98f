/** Something that may have a message to send. */
export interface Turn {
  /** Sends at most one message. */
  flush(): 'sent' | 'nothing' | 'blocked';
}

/** Lets a viewer's cameras take turns, so that none occupies all of a slow line. */
export class Rotation<T extends Turn> {
  private turns: readonly T[] = [];
  private at = 0;

  set(turns: readonly T[]): void {
    this.turns = turns;
    this.at = 0;
  }

  /** Goes round until nothing is left to send or there is no room. The camera that found no room comes first next time. */
  run(): void {
    let idle = 0;
    while (idle < this.turns.length) {
      const result = this.turns[this.at % this.turns.length]?.flush();
      if (result === 'blocked') return;
      this.at = (this.at + 1) % this.turns.length;
      idle = result === 'sent' ? 0 : idle + 1;
    }
  }
}
