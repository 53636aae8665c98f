import { createInterface } from 'node:readline/promises';
import type { CommandStreams } from './command-context.ts';

/** Whether there is a terminal on which a question can be answered. */
export function canAsk({ stderr }: Pick<CommandStreams, 'stderr'>): boolean {
  return process.stdin.isTTY && stderr.isTTY === true;
}

/**
 * Asks a question on the terminal.
 * @returns the answer without spaces around it; empty at the end of the input
 */
export async function askUser(question: string, { stderr }: Pick<CommandStreams, 'stderr'>): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: stderr });
  try {
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    return (await Promise.race([terminal.question(question), closed])).trim();
  } finally {
    terminal.close();
  }
}
