import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/ingest/live/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly action: () => void;
}

/** Time that passes only when a test says so. */
export class VirtualClock implements Clock {
  readonly random: () => number;
  private timeMs = 0;
  private readonly timers = new Set<Timer>();

  /** @param random - default: always in the middle */
  constructor(random = (): number => 0.5) {
    this.random = random;
  }

  readonly nowMs = (): number => this.timeMs;

  readonly after = (delayMs: number, action: () => void): (() => void) => {
    const timer = { dueMs: this.timeMs + delayMs, action };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  /** Lets so much time pass: timers run in order, and what awaits them runs before the next. */
  async pass(ms: number): Promise<void> {
    const endMs = this.timeMs + ms;
    await nextTurn();
    for (let timer = this.nextDue(endMs); timer !== undefined; timer = this.nextDue(endMs)) {
      this.timers.delete(timer);
      this.timeMs = timer.dueMs;
      timer.action();
      await nextTurn();
    }
    this.timeMs = endMs;
  }

  private nextDue(endMs: number): Timer | undefined {
    return [...this.timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}
