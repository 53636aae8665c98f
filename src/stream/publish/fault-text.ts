import type { z } from 'zod';
import { describeFault, shorten } from '../../config/config-fault.ts';
import { explainIssues } from '../../config/explain-issue.ts';

/** Explains in our own words what is wrong with a request's parameters or body. One fault per line. */
export function faultText(schema: z.ZodType, input: unknown, error: z.ZodError): string {
  const faults = explainIssues(error.issues, { schema, input, isSecret: () => false });
  return shorten(faults.map((fault) => describeFault(fault))).join('\n');
}

/** Query parameters with numbers in place of texts that are numbers, so that faults name the number. */
export function numbersIn(query: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]: [string, unknown]) => {
      const isNumber = typeof value === 'string' && /^[-+]?\d*\.?\d+(e[-+]?\d+)?$/i.test(value);
      return [name, isNumber ? Number(value) : value];
    }),
  );
}
