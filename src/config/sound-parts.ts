import { z } from 'zod';

/**
 * Takes the valid settings out of an object that may have faults, so that checks across settings can still run and
 * all faults come in one message.
 * @returns an object with defaults filled in and without the faulty settings
 */
export function soundParts<S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  input: unknown,
): Partial<z.output<z.ZodObject<S>>> {
  const settings = isMapping(input) ? input : {};
  const parts = Object.entries<z.core.$ZodType>(schema.shape).flatMap(([key, child]) => {
    const parsed = z.safeParse(child, Object.hasOwn(settings, key) ? settings[key] : undefined);
    return parsed.success ? [[key, parsed.data] as const] : [];
  });
  return Object.fromEntries(parts) as Partial<z.output<z.ZodObject<S>>>;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
