import { ipKeyGenerator } from 'express-rate-limit';

/** More addresses than this are not remembered; the oldest go first. */
const addressesAtMost = 10_000;
const windowMs = 60_000;

/** Counts something by address in windows of a minute. */
export class AddressLimit {
  private readonly perMinute: number;
  private readonly nowMs: () => number;
  private readonly windows = new Map<string, { readonly endsMs: number; count: number }>();

  constructor(perMinute: number, nowMs: () => number) {
    this.perMinute = perMinute;
    this.nowMs = nowMs;
  }

  /**
   * Whether the address has used up its minute.
   * @returns seconds until it may again, at least 1; 0 when it may now
   */
  waitS(address: string): number {
    const window = this.windows.get(ipKeyGenerator(address));
    if (window === undefined || window.count < this.perMinute) return 0;
    return Math.max(Math.ceil((window.endsMs - this.nowMs()) / 1000), 0);
  }

  count(address: string): void {
    const key = ipKeyGenerator(address);
    const now = this.nowMs();
    const window = this.windows.get(key);
    if (window !== undefined && now < window.endsMs) {
      window.count++;
      return;
    }
    this.windows.delete(key);
    this.windows.set(key, { endsMs: now + windowMs, count: 1 });
    const [oldest] = this.windows.keys();
    if (this.windows.size > addressesAtMost && oldest !== undefined) this.windows.delete(oldest);
  }
}
