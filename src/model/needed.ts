/**
 * What a map must hold.
 * @throws {TypeError} when it does not: a fault of the program's own
 */
export function needed<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) throw new TypeError(`expected a value "${name}" before its use`);
  return value;
}
