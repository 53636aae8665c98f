import { setTimeout as delay } from 'node:timers/promises';

/** Checks a condition every 5 ms until it is true. @throws after `timeoutMs`, with the condition's name */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 15_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await delay(5);
  }
}
