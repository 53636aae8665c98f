import { z } from 'zod';
import { configSchema } from './schema.ts';

/** The part of JSON Schema (draft 7) that the config's schema produces. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

/** The config's schema as JSON Schema, for values with variables filled in. */
export function configJsonSchema(): JsonSchema {
  const { $schema = '', ...schema } = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
  }) as JsonSchema;
  return { $schema, title: 'Config of chromafeed serve', ...schema };
}

/** The same for editors, which see the file itself: any value may be a text with `${NAME}` in it. */
export function editorSchema(): JsonSchema {
  return allowVariables(configJsonSchema());
}

const variable: JsonSchema = { type: 'string', pattern: '\\$\\{' };

function allowVariables(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf, additionalProperties } = schema;
  const isFreeText = schema.type === 'string' && schema.pattern === undefined && schema.enum === undefined;
  const isScalar = ['string', 'number', 'integer', 'boolean'].includes(schema.type ?? '');
  if (isScalar && !isFreeText) {
    const { description, default: fallback, ...rest } = schema;
    return {
      ...(description !== undefined && { description }),
      ...(fallback !== undefined && { default: fallback }),
      anyOf: [rest, variable],
    };
  }
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, child]) => [key, allowVariables(child)]),
      ),
    }),
    ...(items && { items: 'length' in items ? items.map(allowVariables) : allowVariables(items) }),
    ...(anyOf && { anyOf: anyOf.map(allowVariables) }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: allowVariables(additionalProperties),
    }),
  };
}
