/** The number of values below a limit. */
export function countUnder(limit: number, values: Float32Array): number {
  let count = 0;
  for (const value of values) if (value < limit) count++;
  return count;
}
