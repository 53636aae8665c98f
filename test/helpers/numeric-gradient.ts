const step = 1e-4;

/**
 * The gradient of a function by central differences, in double precision.
 * @param at - the point; not modified
 * @returns a new array, as long as `at`
 */
export function numericGradient(f: (values: readonly number[]) => number, at: readonly number[]): number[] {
  const moved = (index: number, by: number): number[] =>
    at.map((value, i) => (i === index ? value + by : value));
  return at.map((_, i) => (f(moved(i, step)) - f(moved(i, -step))) / (2 * step));
}
