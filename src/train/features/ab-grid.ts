/**
 * The network's resolution for a size of picture.
 * @param size - `192x144`: width first
 * @param stride - luma pixels that one cell of the answer spans
 * @returns rows, columns
 */
export function abGrid(size: string, stride: number): [number, number] {
  const [width = NaN, height = NaN] = size.split('x').map(Number);
  return [height / stride, width / stride];
}
