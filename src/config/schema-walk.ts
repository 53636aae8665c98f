import { z } from 'zod';
import type { ConfigPath } from './config-fault.ts';

/** The schema without its defaults and `optional`. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  return isWrapped ? unwrap(schema.unwrap()) : schema;
}

/** The settings of an object's schema by name; undefined for another kind. */
export function schemaSettings(
  schema: z.core.$ZodType,
): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const bare = unwrap(schema);
  return bare instanceof z.ZodObject ? bare.shape : undefined;
}

/** The objects that may be at a path, as names of their settings; for a union, of all objects in it. */
export function keysAt(schema: z.core.$ZodType, path: ConfigPath): string[] {
  return path
    .reduce((schemas, step) => schemas.flatMap((each) => childrenOf(each, step)), branches(schema))
    .flatMap((each) => Object.keys(schemaSettings(each) ?? {}));
}

function childrenOf(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    const child = Object.hasOwn(shape, step) ? shape[step] : undefined;
    return child ? branches(child) : [];
  }
  if (schema instanceof z.ZodRecord) return branches(schema.valueType);
  return schema instanceof z.ZodArray ? branches(schema.element) : [];
}

function branches(schema: z.core.$ZodType): z.core.$ZodType[] {
  const bare = unwrap(schema);
  return bare instanceof z.ZodUnion ? bare.options.flatMap(branches) : [bare];
}
