/**
 * Chooses items evenly, first and last among them.
 * @param most - at least 2
 * @returns at most this many, in order
 */
export function spreadEvenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const chosen = new Set(
    Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / (most - 1))),
  );
  return items.filter((_, index) => chosen.has(index));
}
