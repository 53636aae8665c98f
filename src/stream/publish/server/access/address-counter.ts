import { ipKeyGenerator, type ClientRateLimitInfo, type Store } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Beyond this number a counter forgets the address that was counted longest ago. */
const maxAddresses = 10_000;

export interface AddressCounterOptions {
  /** How often an address may be counted in one window. */
  readonly limit: number;
  /** Default: a minute. */
  readonly windowMs?: number | undefined;
}

/**
 * Counts events per client address in windows of a minute. All addresses of one IPv6 /56 network count as one. Memory
 * is bounded: 10,000 addresses. It also serves as the store of `express-rate-limit`, which brings its own limit.
 */
export class AddressCounter implements Store {
  readonly localKeys = true;
  private readonly limit: number;
  private readonly windowMs: number;
  private readonly limiter: RateLimiterMemory;
  /** In the order of their last event. */
  private readonly addresses = new Set<string>();

  constructor({ limit, windowMs = 60_000 }: AddressCounterOptions) {
    this.limit = limit;
    this.windowMs = windowMs;
    this.limiter = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: windowMs / 1000 });
  }

  /** How many addresses it remembers. */
  get size(): number {
    return this.addresses.size;
  }

  /** Adds one event. */
  async count(address: string): Promise<void> {
    await this.increment(ipKeyGenerator(address));
  }

  /**
   * Tells whether an address has reached the limit.
   * @returns seconds until it may try again, at least 1; 0 when it may now
   */
  async waitS(address: string): Promise<number> {
    const found = await this.limiter.get(ipKeyGenerator(address));
    if (found === null || found.consumedPoints < this.limit) return 0;
    // The count ends by a timer; a wall clock that was set back must not announce more.
    return Math.max(1, Math.ceil(Math.min(found.msBeforeNext, this.windowMs) / 1000));
  }

  /** For `express-rate-limit`, which passes an address that `ipKeyGenerator` has shortened. */
  async increment(key: string): Promise<ClientRateLimitInfo> {
    const { consumedPoints, msBeforeNext } = await this.limiter.penalty(key);
    this.addresses.delete(key);
    this.addresses.add(key);
    const [oldest] = this.addresses;
    if (this.addresses.size > maxAddresses && oldest !== undefined) await this.resetKey(oldest);
    return { totalHits: consumedPoints, resetTime: new Date(Date.now() + msBeforeNext) };
  }

  /** Takes one event back. */
  async decrement(key: string): Promise<void> {
    await this.limiter.reward(key);
  }

  /** Forgets an address. */
  async resetKey(key: string): Promise<void> {
    this.addresses.delete(key);
    await this.limiter.delete(key);
  }
}
