/** The number of values below a limit, which is rounded to 32 bits. */
export function countUnder(limit: number, values: Float32Array): number {
  const least = Math.fround(limit);
  let count = 0;
  for (const value of values) if (value < least) count++;
  return count;
}
