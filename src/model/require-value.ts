/**
 * Returns the value of a key that the map must contain.
 * @throws {TypeError} when it is missing, which is a fault in the program
 */
export function requireValue<K, V>(values: ReadonlyMap<K, V>, key: NoInfer<K>): V {
  const value = values.get(key);
  if (value === undefined) throw new TypeError(`expected a value "${String(key)}" but got none`);
  return value;
}
