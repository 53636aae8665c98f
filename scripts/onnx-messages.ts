import protobuf from 'protobufjs';

const scalarTypes: Readonly<Record<string, string>> = {
  int32: 'number',
  int64: 'number',
  float: 'number',
  string: 'string',
  bytes: 'Uint8Array',
};

/**
 * Turns the messages of a .proto file into TypeScript: an interface for each message, a constant for each enum, and the
 * schema that protobufjs encodes and decodes them with. Nested messages become `Outer_Inner`.
 * @param proto - the text of the file, with one package
 * @returns the text of a module
 */
export function messagesModule(proto: string): string {
  const { root, package: packageName } = protobuf.parse(proto, { keepCase: false });
  const declarations = declarationsIn(root.lookup(packageName ?? '') as protobuf.Namespace, '');
  return [
    '// Made from onnx.proto by `npm run generate:onnx`; do not edit.',
    ...declarations,
    `export const onnxSchema = ${JSON.stringify(root.toJSON(), undefined, 2)};`,
    '',
  ].join('\n\n');
}

function declarationsIn(namespace: protobuf.NamespaceBase, prefix: string): string[] {
  return namespace.nestedArray.flatMap((item) => {
    const name = `${prefix}${item.name}`;
    if (item instanceof protobuf.Enum)
      return [`export const ${name} = ${JSON.stringify(item.values, undefined, 2)} as const;`];
    if (!(item instanceof protobuf.Type)) return [];
    return [interfaceOf(item, name), ...declarationsIn(item, `${name}_`)];
  });
}

function interfaceOf(message: protobuf.Type, name: string): string {
  const fields = message.fieldsArray.map((field) => {
    const type = typeOf(field.resolve());
    return `  readonly ${field.name}?: ${field.repeated ? `readonly ${type}[]` : type};`;
  });
  return [`export interface ${name} {`, ...fields, '}'].join('\n');
}

function typeOf({ type, resolvedType }: protobuf.Field): string {
  if (resolvedType instanceof protobuf.Enum) return 'number';
  if (resolvedType !== null) return resolvedType.fullName.split('.').slice(2).join('_');
  const scalar = scalarTypes[type];
  if (scalar === undefined)
    throw new TypeError(`expected a type of ${Object.keys(scalarTypes).join(', ')} but got ${type}`);
  return scalar;
}
