/**
 * Returns the value of a name that the map must hold.
 * @throws {TypeError} when it is missing, which is a fault of the program's own
 */
export function requireValue<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name);
  if (value === undefined) throw new TypeError(`expected a value "${name}" but got none`);
  return value;
}
