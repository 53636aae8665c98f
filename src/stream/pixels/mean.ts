/** The mean of a picture's luma, levels. */
export function meanOf(picture: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < picture.length; i++) sum += picture[i]!;
  return sum / picture.length;
}
