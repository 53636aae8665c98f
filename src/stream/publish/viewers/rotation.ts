/** Something that may have a message to hand over. */
export interface Turn {
  /** Hands over at most one message. */
  flush(): 'sent' | 'nothing' | 'blocked';
}

/** Gives each of a viewer's cameras its turn, so that none takes all of a slow line. */
export class Rotation<T extends Turn> {
  private turns: readonly T[] = [];
  private at = 0;

  set(turns: readonly T[]): void {
    this.turns = turns;
    this.at = 0;
  }

  /** Goes round until nobody has anything more or there is no room; who found none is the first of the next round. */
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
