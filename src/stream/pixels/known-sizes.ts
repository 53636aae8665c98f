/** There are few sizes: a film has a few, a camera some more. */
const mostKnown = 32;

/**
 * Caches the results of a function of some sizes, at most 32.
 * @param make - all callers share its result, so it must not be changed
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
