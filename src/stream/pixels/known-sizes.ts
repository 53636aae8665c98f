/** Sizes change seldom: a film has a few, a camera some more. */
const mostKnown = 32;

/**
 * Remembers what a function of some sizes has made, up to 32 results.
 * @param make - its result is shared by all callers, and nobody changes it
 */
export function knownSizes<Sizes extends readonly number[], T>(
  make: (...sizes: Sizes) => T,
): (...sizes: Sizes) => T {
  const known = new Map<string, T>();
  return (...sizes) => {
    const key = sizes.join();
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make(...sizes);
    if (known.size >= mostKnown) known.clear();
    known.set(key, made);
    return made;
  };
}
