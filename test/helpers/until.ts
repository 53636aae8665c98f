import { setTimeout as delay } from 'node:timers/promises';

/** Waits for something to become true, looking every 5 ms. @throws after `timeoutMs`, naming what did not come */
export async function until(isTrue: () => boolean, what: string, timeoutMs = 15_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await delay(5);
  }
}
