import { exitCodes } from '../errors.ts';
import type { CommandContext } from './command-context.ts';
import type { Check } from './checks/check.ts';
import { checkDevices } from './checks/device-check.ts';
import { checkFfmpeg } from './checks/ffmpeg.ts';
import { checkModels } from './checks/models.ts';
import { checkNode } from './checks/node.ts';
import { checkDisks, checkMemory } from './checks/resources.ts';
import { checkTensorflow } from './checks/tensorflow.ts';
import { formatTable } from './reporting/table.ts';

/**
 * Checks what the program needs, prints a line each with a cure under each fault.
 * @param check - makes the checks; absent: all of them
 * @returns exit code: 0, or 1 when something failed; a warning is no failure
 */
export async function runDoctor(
  options: { json?: boolean },
  { signal, streams }: Pick<CommandContext, 'signal' | 'streams'>,
  check: (signal: AbortSignal) => Promise<readonly Check[]> = examine,
): Promise<number> {
  const checks = await check(signal);
  const ok = checks.every((check) => check.level !== 'fail');
  streams.stdout.write(options.json === true ? `${JSON.stringify({ ok, checks })}\n` : describe(checks));
  return ok ? exitCodes.ok : exitCodes.failure;
}

/** All checks, one after the other: they would measure each other otherwise. */
export async function examine(signal: AbortSignal): Promise<Check[]> {
  const steps: readonly (() => Promise<Check[]>)[] = [
    async () => [await checkNode()],
    checkFfmpeg,
    checkModels,
    () => checkDevices(signal),
    async () => [await checkTensorflow(signal)],
    checkDisks,
    () => Promise.resolve([checkMemory()]),
  ];
  const checks: Check[] = [];
  for (const step of steps) {
    signal.throwIfAborted();
    checks.push(...(await step()));
  }
  return checks;
}

function describe(checks: readonly Check[]): string {
  const table = formatTable(checks.map(({ level, what, detail }) => [level, what, detail]));
  const lines = checks.flatMap(({ cure }, index) => [
    table[index] ?? '',
    ...(cure === undefined ? [] : [`      what to do: ${cure}`]),
  ]);
  const [failed, warned] = (['fail', 'warn'] as const).map(
    (level) => checks.filter((check) => check.level === level).length,
  );
  return [...lines, '', `${checks.length} checks: ${failed ?? 0} failed, ${warned ?? 0} warnings`, ''].join(
    '\n',
  );
}
